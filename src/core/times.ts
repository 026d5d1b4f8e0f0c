/** What a storage tells as `modified` that keeps no times, or none of this. */
export const NO_TIME = new Date(0)

/** The time, as results tell it: one that nobody knows is left out. */
export const told = (modified: Date | undefined): string | undefined => (isKnown(modified) ? modified.toISOString() : undefined)

export const isKnown = (modified: Date | undefined): modified is Date => modified !== undefined && modified.getTime() !== NO_TIME.getTime()

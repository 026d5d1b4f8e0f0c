const OWNERS = 0o700

/** Permission bits of a folder that is made: its owner may do everything, or nothing could be put into it. */
export const folderMode = (wanted: number): number => wanted | OWNERS

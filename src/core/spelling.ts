/** A URL as everybody spells it: the host in small letters, its usual port and last slashes left out. What is named by it is one, however a person has written it. */
export const spelledAlike = (url: string): string => new URL(url).href.replace(/\/+$/, '')

/** Control characters, what some take for the end of a line, and what turns the direction of writing. */
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** A name as a part of one line: where it could pass for something else, or command a terminal, it is told as a JSON string. */
export const oneLine = (name: string): string => (isPlain(name) ? name : escapeUnseen(JSON.stringify(name)))

/** A blank at an end cannot be seen, or passes for the depth in a tree; a quote at the beginning for such a string. */
const isPlain = (name: string): boolean => name.search(UNSEEN) < 0 && !/^["\s]|\s$/.test(name)

/** A text as a part of one line. */
export const escapeUnseen = (text: string): string => text.replace(UNSEEN, escaped)

const escaped = (character: string): string => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`

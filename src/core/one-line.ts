/** Control characters, and what some take for the end of a line. */
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
const UNSEEN_IN_JSON = /[\u007f-\u009f\u2028\u2029]/g

/** A name as a part of one line: where it could pass for more than its own line, or command a terminal, it is told as a JSON string. */
export const oneLine = (name: string): string => (UNSEEN.test(name) ? JSON.stringify(name).replace(UNSEEN_IN_JSON, escaped) : name)

const escaped = (character: string): string => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`

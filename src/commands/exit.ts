/** What a command ends with. */
export const EXIT = {
  /** Done; also a server that was asked to stop. */
  ok: 0,
  /** The tool answered an error, a check of doctor failed, or the server could not go on. */
  failed: 1,
  /** The command line or the configuration cannot be used; nothing was done. */
  usage: 2,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

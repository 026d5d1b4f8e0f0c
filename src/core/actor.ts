/** Who makes a change: what the journal records of the caller. */
export interface Actor {
  /** The client's own name and version, as it said at initialize; `cli` for the command line. */
  readonly client: string
  readonly clientVersion?: string | undefined
  /** One connection of one client. Absent for a sessionless request. */
  readonly session?: string | undefined
  readonly tool?: string | undefined
}

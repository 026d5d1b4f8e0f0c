/** A real server that tests and benchmarks run. Its wrapper module, with every version pinned, stands in the folder of its name. */
export interface Program {
  readonly name: string
  readonly version: string
  /** What is built. */
  readonly package: string
  /** Names another binary than the built one. */
  readonly variable: string
}

export const KUBO: Program = { name: 'kubo', version: '0.43.1', package: 'github.com/ipfs/kubo/cmd/ipfs', variable: 'KUBO_BINARY' }
export const VERSITYGW: Program = { name: 'versitygw', version: '1.8.0', package: 'github.com/versity/versitygw/cmd/versitygw', variable: 'VERSITYGW_BINARY' }

export const RCLONE: Program = { name: 'rclone', version: '1.75.1', package: 'github.com/rclone/rclone', variable: 'RCLONE_BINARY' }

export const PROGRAMS: readonly Program[] = [KUBO, VERSITYGW, RCLONE]

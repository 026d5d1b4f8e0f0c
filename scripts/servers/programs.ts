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

export const CLUSTER: Program = {
  name: 'ipfs-cluster',
  version: '1.1.6',
  package: 'github.com/ipfs-cluster/ipfs-cluster/cmd/ipfs-cluster-service',
  variable: 'IPFS_CLUSTER_BINARY',
}

export const LASSIE: Program = { name: 'lassie', version: '0.25.0', package: 'github.com/filecoin-project/lassie/cmd/lassie', variable: 'LASSIE_BINARY' }

export const PROGRAMS: readonly Program[] = [KUBO, VERSITYGW, RCLONE, CLUSTER, LASSIE]

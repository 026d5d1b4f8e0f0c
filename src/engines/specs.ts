import type { Config } from '../config/schema.ts'
import { kuboSpec } from '../services/kubo/spec.ts'
import { lassieSpec } from '../services/lassie/spec.ts'
import { rcloneSpec } from '../services/rclone/spec.ts'
import type { ServiceSpec } from '../services/types.ts'

/** Every program that this configuration may run beside us, each after those that it depends on. */
export function serviceSpecs({ ipfs: { network, peering, kubo }, rclone, lassie }: Config, env: NodeJS.ProcessEnv): ServiceSpec[] {
  return [
    kuboSpec({ network, peering, binary: kubo.binary, repo: kubo.repo, memoryLimitMb: kubo.memory_limit_mb, env }),
    rcloneSpec({ binary: rclone.binary, configFile: rclone.config_file, env }),
    ...(lassie.daemon ? [lassieSpec({ binary: lassie.binary, env })] : []),
  ]
}

/** Tells which Kubo is found in this environment, where the configuration names that of the argument or none. */
import { VfsError } from '../../src/core/error.ts'
import { findBinary } from '../../src/services/kubo/binary.ts'

const [binary] = process.argv.slice(2)
const found = await findBinary({ binary, env: process.env }).catch((error: unknown) => (error instanceof VfsError ? error.hint : String(error)))
process.stdout.write(typeof found === 'string' ? found : found.path)

/** Tells which Kubo is found where none is configured and none on the path. */
import { findBinary } from '../../src/services/kubo/binary.ts'

const found = await findBinary({ env: {} }).catch((error: unknown) => ({ path: String(error) }))
process.stdout.write(found.path)

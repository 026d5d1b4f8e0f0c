import { LocalBackend } from '../../backends/local/local.ts'
import { backendContract } from './backend.contract.ts'
import { scratch } from './support.ts'

const folder = scratch('local')

backendContract('local', async () => new LocalBackend({ root: await folder() }), { runs: 40, row: 'local' })

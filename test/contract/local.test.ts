import { LocalBackend } from '../../backends/local/local.ts'
import { backendContract } from './backend.contract.ts'
import { behindLayers, scratch } from './support.ts'

const folder = scratch('local')

const make = async () => new LocalBackend({ root: await folder() })

backendContract('local', make, { runs: 40, row: 'local' })

backendContract('local behind its layers', async () => behindLayers('local', await make()), { runs: 10 })

import { VERSITY } from '../support/s3.ts'
import { backendContract } from './backend.contract.ts'
import { s3Contract } from './s3.contract.ts'
import { behindLayers } from './support.ts'

const refused = ['\u0001\u001F\u007F']
const running = s3Contract(VERSITY, { runs: 15, refused })

backendContract('s3 behind its layers', async () => behindLayers('s3', await (await running()).backend()), { runs: 5, refused })

import { VERSITY_VERSIONS } from '../support/s3.ts'
import { s3Contract } from './s3.contract.ts'

s3Contract(VERSITY_VERSIONS, { runs: 5, refused: ['\u0001\u001F\u007F'] })

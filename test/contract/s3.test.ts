import { VERSITY } from '../support/s3.ts'
import { s3Contract } from './s3.contract.ts'

s3Contract(VERSITY, { runs: 15, refused: ['\u0001\u001F\u007F'] })

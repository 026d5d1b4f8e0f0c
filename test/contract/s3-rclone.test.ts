import { RCLONE_S3 } from '../support/s3.ts'
import { s3Contract } from './s3.contract.ts'

s3Contract(RCLONE_S3, { runs: 5 })

import { rcloneContract } from './rclone.contract.ts'

rcloneContract('webdav')

export { listMounts, readDirectory } from './directory.ts'
export { readResource } from './read.ts'

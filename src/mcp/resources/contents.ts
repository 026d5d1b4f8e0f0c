export { listMounts, readDirectory } from './directory.ts'
export { readResource } from './read.ts'
export { readTopic } from './topic.ts'

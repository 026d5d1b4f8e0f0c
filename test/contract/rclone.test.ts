import { afterAll, beforeEach } from 'vitest'
import { memoryRemote, needsRclone, Rclone, REFUSED } from '../support/rclone.ts'
import { backendContract } from './backend.contract.ts'
import { twoRoots, vfsBehavesLikeATree } from './model/vfs.ts'
import { behindLayers } from './support.ts'
import { vfsContract } from './vfs.contract.ts'

let control: Promise<Rclone> | undefined
afterAll(async () => (await control)?.[Symbol.asyncDispose]())
beforeEach(needsRclone)

const memory = async () => (await (control ??= Rclone.control())).backend(memoryRemote())
const layered = async () => behindLayers('rclone', await memory())

backendContract('rclone over memory', memory, { runs: 10, refused: REFUSED, row: 'rclone, memory' })

backendContract('rclone behind its layers', layered, { runs: 3, refused: REFUSED })

vfsContract('rclone', memory, { runs: 8 })

vfsBehavesLikeATree('two roots of one remote', async () => twoRoots(await memory()), { runs: 4 })

vfsContract('rclone behind its layers', layered, { runs: 4 })

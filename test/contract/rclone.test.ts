import { afterAll, beforeEach } from 'vitest'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { memoryRemote, needsRclone, Rclone } from '../support/rclone.ts'
import { backendContract } from './backend.contract.ts'
import { behindLayers } from './support.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'

let control: Promise<Rclone> | undefined
afterAll(async () => (await control)?.[Symbol.asyncDispose]())
beforeEach(needsRclone)

const memory = async () => (await (control ??= Rclone.control())).backend(memoryRemote())

backendContract('rclone over memory', memory, { runs: 10, refused: ['new\nline'], row: 'rclone, memory' })

backendContract('rclone behind its layers', async () => behindLayers('rclone', await memory()), { runs: 3, refused: ['new\nline'] })

vfsBehavesLikeATree('rclone and memory', async () => [await memory(), new MemoryBackend()], { runs: 10 })

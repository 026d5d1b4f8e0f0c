import { afterAll, beforeEach } from 'vitest'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { memoryRemote, needsRclone, Rclone } from '../support/rclone.ts'
import { backendContract } from './backend.contract.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'

let control: Promise<Rclone> | undefined
afterAll(async () => (await control)?.[Symbol.asyncDispose]())
beforeEach(needsRclone)

const memory = async () => (await (control ??= Rclone.control())).backend(memoryRemote())

backendContract('rclone over memory', memory, { runs: 10, refused: ['new\nline'] })

vfsBehavesLikeATree('rclone and memory', async () => [await memory(), new MemoryBackend()], { runs: 10 })

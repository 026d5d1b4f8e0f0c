import { afterAll } from 'vitest'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { storachaAlone, TestStoracha } from '../support/storacha.ts'
import { backendContract } from './backend.contract.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'

let service: Promise<TestStoracha> | undefined
afterAll(async () => (await service)?.[Symbol.asyncDispose]())

const make = async () => storachaAlone(await (service ??= TestStoracha.start()))

backendContract('storacha', make, { runs: 2, row: 'storacha' })

vfsBehavesLikeATree('Storacha and memory', async () => [await make(), new MemoryBackend()], { runs: 2 })

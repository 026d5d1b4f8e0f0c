import { afterAll, vi } from 'vitest'
import { storachaAlone, TestStoracha } from '../support/storacha.ts'
import { backendContract } from './backend.contract.ts'
import { behindLayers } from './support.ts'
import { vfsContract } from './vfs.contract.ts'

vi.setConfig({ testTimeout: 240_000 }) // each change publishes a whole tree, and a test makes forty

let service: Promise<TestStoracha> | undefined
afterAll(async () => (await service)?.[Symbol.asyncDispose]())

const make = async (folder?: string) => storachaAlone(await (service ??= TestStoracha.start()), { folder })
const layered = async (folder?: string) => behindLayers('storacha', await make(folder))

backendContract('storacha', make, { runs: 2, row: 'storacha' })

backendContract('storacha behind its layers', layered, { runs: 1 })

vfsContract('Storacha', make, { runs: 1 })

vfsContract('Storacha behind its layers', layered, { runs: 1 })

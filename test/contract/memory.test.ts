import { MemoryBackend } from '../../backends/memory/memory.ts'
import { backendContract } from './backend.contract.ts'

backendContract('memory', async () => new MemoryBackend(), { row: 'memory' })

import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalBackend } from '../../backends/local/local.ts'
import { backendContract } from './backend.contract.ts'

backendContract('local', async () => {
  const root = await mkdtemp(join(tmpdir(), 'polymount-local-'))
  return new LocalBackend({ root })
})

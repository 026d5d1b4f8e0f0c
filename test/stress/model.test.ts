import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('the models of the VFS and of undo hold for other cases too', () => {
  for (let round = 0; round < 5; round++) {
    const seed = String(Math.floor(Math.random() * 2 ** 31))
    const { status, stdout } = spawnSync(
      'npx',
      ['vitest', 'run', 'test/contract/vfs.model.test.ts', 'test/integration/vfs/undo.model.test.ts', '--reporter=default'],
      {
        env: { ...process.env, POLYMOUNT_SEED: seed },
        encoding: 'utf8',
      },
    )
    expect(status, `seed ${seed}\n${stdout}`).toBe(0)
  }
}, 600_000)

import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EventBus } from '../../../src/core/events.ts'
import { LazyServices } from '../../../src/engines/services.ts'
import { schema } from '../../../src/gateway.ts'
import { dataFolder } from '../../support/services.ts'

test('a database of the services that cannot be opened is tried again by the next call', async () => {
  await using folder = await dataFolder()
  const inTheWay = join(folder.path, 'services.db')
  await mkdir(inTheWay)
  await using services = new LazyServices(schema.parse({ data_dir: folder.path }), { env: {}, events: new EventBus(), log: () => {} })
  await expect(services.get()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await rmdir(inTheWay)
  expect(await (await services.get()).status()).not.toEqual([])
})

test('closing waits for an opening that fails, and is told nothing of it', async () => {
  await using folder = await dataFolder()
  await mkdir(join(folder.path, 'services.db'))
  await using services = new LazyServices(schema.parse({ data_dir: folder.path }), { env: {}, events: new EventBus(), log: () => {} })
  const outcomes = await Promise.allSettled([services.get(), services.close()])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
})

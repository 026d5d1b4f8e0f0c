import { expect, test } from 'vitest'
import { z } from 'zod'
import { plannedMounts } from '../../../src/config/mounts.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { vfsPath } from '../../../src/core/path.ts'

const types = { local: { options: z.strictObject({ root: z.string() }) }, memory: { options: z.strictObject({}) } }
const planned = (settings: object, served: string[] = []) =>
  plannedMounts(
    configSchema(types, []).parse({ data_dir: '/data', ...settings }),
    served.map((path) => ({ path: vfsPath(path), readOnly: path.endsWith('ro') })),
    Object.keys(types),
  )

test('every process has /local, /ipfs and /mfs, then the folders of its command line', () => {
  expect(planned({}, ['/a', '/ro'])).toMatchObject([
    { path: '/local', name: 'local', backend: { type: 'local', options: { root: '/data/files' } }, readOnly: false, versions: 'on' },
    { path: '/ipfs', backend: { type: 'ipfs', options: {} } },
    { path: '/mfs', backend: { type: 'mfs', options: {} } },
    { path: '/a', name: 'local', backend: { type: 'local', options: { root: '/a' } }, readOnly: false },
    { path: '/ro', readOnly: true },
  ])
})

test('configured mounts name a configured backend, or a type that needs no options', () => {
  const settings = {
    backends: { attic: { type: 'local', options: { root: '/mnt/attic' } } },
    mounts: [
      { path: '/attic', backend: 'attic', root: '/old', read_only: true, versions: 'off' },
      { path: '/scratch', backend: 'memory' },
    ],
  }
  expect(planned(settings).slice(3)).toMatchObject([
    { path: '/attic', name: 'attic', backend: settings.backends.attic, root: '/old', readOnly: true, versions: 'off' },
    { path: '/scratch', name: 'memory', backend: { type: 'memory', options: {} }, readOnly: false, versions: 'on' },
  ])
})

test('a backend that nobody configured is refused, naming the nearest', () => {
  expect(() => planned({ mounts: [{ path: '/m', backend: 'memroy' }] })).toThrow('mounts.0.backend: no backend is called memroy; did you mean memory?')
})

test('two mounts cannot stand at one path', () => {
  expect(() => planned({ mounts: [{ path: '/local', backend: 'memory' }] })).toThrow('two mounts stand at /local')
  expect(() => planned({}, ['/ipfs'])).toThrow('two mounts stand at /ipfs')
})

// A gateway in a process of its own that runs each given scenario up to a step, and waits there to be killed.
import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalBackend } from '../../../backends/local/local.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { type VfsPath, vfsPath } from '../../../src/core/path.ts'
import type { Intent, OpenChange, Place } from '../../../src/journal/types.ts'
import { actor, open, serving } from '../../support/journal.ts'

const [, , folder = '', root = '', ...wanted] = process.argv
const backend = new LocalBackend({ root, dataFolder: folder })
const journal = await open(folder, { volumes: serving(backend) })

/** One change, or one with its parts, in a folder of its own: `/<scenario>-<step>`. */
class Scenario {
  readonly name: string
  readonly step: string

  constructor(name: string, step: string) {
    this.name = name
    this.step = step
  }

  at(path: string): VfsPath {
    return vfsPath(`/${this.name}-${this.step}${path}`)
  }

  async place(path: string): Promise<Place> {
    return { volume: backend.volume, inner: await backend.locate(this.at(path)), shown: this.at(path) }
  }

  say(what: string): void {
    process.stdout.write(`${this.name}-${this.step} ${what}\n`)
  }

  async reach(step: string): Promise<void> {
    if (step !== this.step) return
    this.say('reached')
    await new Promise(() => setInterval(() => {}, 1000))
  }

  async begin(kind: Intent['kind'], path: string, rest: Partial<Intent> = {}): Promise<OpenChange> {
    const change = await journal.begin({ kind, place: await this.place(path), actor, before: null, ...rest })
    if (rest.parent === undefined) this.say(change.id)
    await this.reach('begun')
    return change
  }

  async end(change: OpenChange, path: string | null): Promise<void> {
    await this.reach('effect')
    change.done(path === null ? null : await backend.stat(this.at(path)))
    await journal.settled()
    await this.reach('done')
  }

  async write(path: string): Promise<void> {
    const before = await backend.stat(this.at(path)).catch(() => null)
    const change = await this.begin('write', path, { before, after: NEW })
    await backend.write(this.at(path), bytesOf(content), { id: change.id, staged: () => this.reach('staged') })
    await this.end(change, path)
  }

  async made(path: string, parent: string): Promise<void> {
    const part = await journal.begin({ kind: 'mkdir', place: await this.place(path), actor, before: null, parent })
    await backend.mkdir(this.at(path))
    part.done(await backend.stat(this.at(path)))
  }
}

const content = Buffer.from('new')
const NEW = { kind: 'file', size: content.length, cid: rawCid(content) } as const

const scenarios: Record<string, (s: Scenario) => Promise<void>> = {
  write: (s) => s.write('/f'),
  create: (s) => s.write('/new'),
  async stream(s) {
    const change = await s.begin('write', '/f', { before: await backend.stat(s.at('/f')) })
    const staged = async (): Promise<void> => {
      await s.reach('staged')
      await change.note({ after: NEW })
      await s.reach('noted')
    }
    await backend.write(s.at('/f'), bytesOf(content), { id: change.id, staged })
    await s.end(change, '/f')
  },
  async mkdir(s) {
    const change = await s.begin('mkdir', '/made')
    await backend.mkdir(s.at('/made'))
    await s.end(change, '/made')
  },
  async remove(s) {
    const before = await backend.stat(s.at('/d'))
    const change = await s.begin('remove', '/d', { before, kept: { in: 'trash', etag: before.etag } })
    await backend.trash.put(s.at('/d'), change.id)
    await s.end(change, null)
  },
  async erase(s) {
    const change = await s.begin('remove', '/f', { before: await backend.stat(s.at('/f')) })
    await backend.remove(s.at('/f'))
    await s.end(change, null)
  },
  async move(s) {
    const change = await s.begin('move', '/moved', { from: await s.place('/f'), after: await backend.stat(s.at('/f')) })
    await backend.rename(s.at('/f'), s.at('/moved'))
    await s.end(change, '/moved')
  },
  async link(s) {
    const change = await s.begin('move', '/moved', { from: await s.place('/f') })
    await link(join(root, s.at('/f')), join(root, s.at('/moved'))) // half of what a move without overwriting does
    await s.end(change, '/moved')
  },
  async copy(s) {
    const change = await s.begin('copy', '/copied', { from: await s.place('/f') })
    await backend.copy(s.at('/f'), s.at('/copied'))
    await s.end(change, '/copied')
  },
  async back(s) {
    const before = await backend.stat(s.at('/f'))
    const removal = await journal.begin({ kind: 'remove', place: await s.place('/f'), actor, before, kept: { in: 'trash', etag: before.etag } })
    await backend.trash.put(s.at('/f'), removal.id)
    removal.done(null)
    const change = await s.begin('undo', '/f', { undoes: removal.id })
    await backend.trash.back(removal.id, s.at('/f'))
    await s.end(change, '/f')
  },
  async parents(s) {
    const change = await s.begin('write', '/x/y/f', { after: NEW })
    await s.made('/x', change.id)
    await s.made('/x/y', change.id)
    await journal.settled()
    await s.reach('parents')
    await backend.write(s.at('/x/y/f'), bytesOf(content), { id: change.id })
    await s.end(change, '/x/y/f')
  },
  async tree(s) {
    const whole = await s.begin('mirror', '/t', { partsOnly: true })
    await s.made('/t', whole.id)
    await s.made('/t/a', whole.id)
    await s.end(whole, null)
  },
}

await Promise.all(
  wanted.map(async (each) => {
    const [name = '', step = ''] = each.split('-')
    await scenarios[name]?.(new Scenario(name, step))
    throw new Error(`${name} never came to ${step}`)
  }),
)

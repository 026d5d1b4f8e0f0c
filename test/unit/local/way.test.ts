import { describe, expect, test } from 'vitest'
import { Way } from '../../../backends/local/way.ts'
import { vfsPath } from '../../../src/core/path.ts'

const ENTRANCES = ['/srv/app', '/alias/app']
const way = (path: string): Way => new Way(vfsPath(path), ENTRANCES)

describe('the way', () => {
  test.each<[path: string, at: number, text: string, names: string[]]>([
    ['/a/link/b', 1, 'c', ['a', 'c', 'b']],
    ['/a/link/b', 1, './c//d/', ['a', 'c', 'd', 'b']],
    ['/a/link/b', 1, '../c', ['a', '..', 'c', 'b']],
    ['/a/link', 1, '/srv/app/c', ['c']],
    ['/a/link', 1, '/srv/app', []],
    ['/a/link', 1, '/alias/app/c', ['c']],
    ['/a/link', 1, '/srv/../srv/app/c', ['c']],
  ])('%s with a link at %i to %j goes by %j', (path, at, text, names) => {
    const it = way(path)
    it.link(at, text)
    expect(it.names).toEqual(names)
    expect(it.linked).toBe(true)
  })

  test.each(['/', '/etc/passwd', '/srv/app2', '/srv/app_secret/x', '/srv', '/srv/../etc', '/alias/../etc/x'])('never leads outside by %j', (text) => {
    expect(() => way('/a/link').link(1, text)).toThrow('E_OUTSIDE')
  })

  test('goes up within the root, and above it only to come back', () => {
    const inside = way('/a/b/link')
    inside.link(2, '../c')
    inside.up(2)
    expect(inside.names).toEqual(['a', 'c'])
    const back = way('/link')
    back.link(0, '../app/c')
    back.up(0)
    expect(back.names).toEqual(['c'])
    const out = way('/link')
    out.link(0, '../app2/c')
    expect(() => out.up(0)).toThrow('E_OUTSIDE')
  })

  test('ends after forty links', () => {
    const it = way('/a')
    for (let i = 0; i < 40; i++) it.link(0, 'a')
    expect(() => it.link(0, 'a')).toThrow('ELOOP')
  })

  test('the root of the machine is a root as well', () => {
    const it = new Way(vfsPath('/a/link'), ['/'])
    it.link(1, '/../etc/x')
    expect(it.names).toEqual(['..', 'etc', 'x'])
    it.up(0)
    expect(it.names).toEqual(['etc', 'x'])
  })
})

import * as fc from 'fast-check'
import type { z } from 'zod'
import { definition, innerOf } from '../../src/registry/definition.ts'

const deep = (depth: number): unknown => (depth === 0 ? 'deep' : [deep(depth - 1)])

/** Every trick with paths that we know. */
const PATH_TRICKS = [
  '',
  '.',
  '..',
  '../..',
  '/..',
  '/../etc/passwd',
  '/%2e%2e/etc/passwd',
  '/etc/passwd',
  '/etc/passwd\0.txt',
  '/proc/self/environ',
  '/proc/self/fd/0',
  '/dev/zero',
  '//',
  '/./.',
  '~',
  '~root/.ssh/id_rsa',
  'file:///etc/passwd',
  'file://host/share',
  'polymount:///',
  'http://127.0.0.1/',
  'C:\\Windows',
  '\\\\server\\share',
  '/a/\uD800/b',
  '/\u202Etxt.exe',
  `/${'a'.repeat(256)}`,
  `/${'a/'.repeat(3_000)}`,
  '/ipfs/not-a-cid',
  '/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  '*',
  '[',
  '-rf',
  '/work/$(reboot)',
  '/work/a\nb',
  '/..%c0%af..%c0%afetc/passwd',
  '/\uFF0E\uFF0E/\uFF0E\uFF0E/etc/passwd',
  '/local/../../../etc/passwd',
  '/mfs/../ipfs',
  '/work/.polymount-trash',
  '/backends/../etc',
  '/work/a\u0301\u2028',
  '\uDC00\uD800',
  'polymount:///%2e%2e/%2e%2e/etc/passwd',
]

const LONG = 'x'.repeat(10 << 20)

/** As JSON brings it in: properties of its own. */
function polluting(): unknown {
  const own: unknown = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
  return own
}

const anything = fc.oneof(
  fc.constantFrom(...PATH_TRICKS),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom<unknown>(null, true, 'true', 'null', '1e999', '-1', '9007199254740993', '[1,', '{"a":', '[]', '{}', deep(2_000), JSON.stringify(deep(500))),
  fc.constantFrom<unknown>(
    'x'.repeat(100_000),
    Array.from({ length: 5_000 }, () => '/work'),
    { __proto__: null, constructor: 1 },
    LONG,
    [LONG],
    Array.from({ length: 200_000 }, () => 0),
    polluting(),
  ),
  fc.constantFrom<unknown>(NaN, Infinity, -0, 2 ** 53, -(2 ** 63), 1e-320, 'NaN', 'Infinity', '-0', '0x10', '1_000', '１２'),
  fc.integer(),
  fc.double(),
  fc.array(fc.anything({ maxDepth: 2 }), { maxLength: 3 }),
  fc.object({ maxDepth: 2 }),
)

/** What a field takes, so that some calls get past the schema; `places` are paths that exist. */
function fitting(schema: z.core.$ZodType, places: readonly string[]): fc.Arbitrary<unknown> {
  const def = definition(schema)
  const inner = innerOf(def)
  if (inner !== undefined) return fitting(inner, places)
  if (def.type === 'object')
    return fc.record(Object.fromEntries(Object.entries(def.shape).map(([key, field]) => [key, valueOf(field, places)])), { requiredKeys: [] })
  if (def.type === 'array') return fc.array(fitting(def.element, places), { maxLength: 3 })
  if (def.type === 'number') return fc.integer({ min: -2, max: 300 })
  if (def.type === 'boolean') return fc.boolean()
  if (def.type === 'enum') return fc.constantFrom(...Object.values(def.entries))
  return fc.constantFrom(...places, 'a', '**', 'k3x9', 'c00000')
}

const valueOf = (field: z.core.$ZodType, places: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 3, arbitrary: fitting(field, places) }, { weight: 2, arbitrary: anything })

/** Arguments that no sane caller sends: some of the right shape with wrong values, some of no shape at all. */
export function garbage({ shape }: z.ZodObject, places: readonly string[] = ['/work', '/work/a.txt']): fc.Arbitrary<unknown> {
  const named = fc.record(Object.fromEntries(Object.entries(shape).map(([key, field]) => [key, valueOf(field, places)])), { requiredKeys: [] })
  const withStranger = fc.tuple(named, fc.string({ maxLength: 12 }), anything).map(([args, key, value]) => ({ ...args, [key]: value }))
  return fc.oneof({ weight: 6, arbitrary: named }, { weight: 2, arbitrary: withStranger }, { weight: 1, arbitrary: anything })
}

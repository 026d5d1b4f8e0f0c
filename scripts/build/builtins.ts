/** What a start has no use for, and takes milliseconds to load: their functions are looked up when they are called. */
const LATE: ReadonlySet<string> = new Set(['node:crypto', 'node:zlib', 'node:net'])

/**
 * Node makes a module of ECMAScript around each of its own that is imported, and reads every getter of it; some of them load much
 * that nobody asked for. That took a seventh of a start, so the same names are taken from the object behind it.
 */
export const takenDirectly = (code: string): string =>
  code.replaceAll(/^import \{([^}]+)\} from '(node:[\w/]+)'$/gm, (_, list: string, from: string) => {
    const names = namesIn(list)
    const isLate = ({ name }: Taken): boolean => LATE.has(from) && /^[a-z]/.test(name)
    const now = names.filter((each) => !isLate(each)).map(({ name, as }) => `${name}: ${as}`)
    const late = names.filter(isLate).map(({ name, as }) => `const ${as} = (...args) => ${moduleOf(from)}.${name}(...args)`)
    return [...(now.length > 0 ? [`const { ${now.join(', ')} } = ${moduleOf(from)}`] : []), ...late].join('; ')
  })

interface Taken {
  readonly name: string
  readonly as: string
}

const namesIn = (list: string): Taken[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !part.startsWith('type '))
    .map((part) => part.split(' as '))
    .map(([name = '', as = name]) => ({ name, as }))

const moduleOf = (from: string): string => `process.getBuiltinModule('${from}')`

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const WORDS = 'block cid content journal undo mount agent folder version search write read commit etag link node pin root'.split(' ')

/** What the benchmarks read, list and search. */
export interface Material {
  readonly root: string
  /** A hundred files of 1 KiB of text. */
  readonly small: readonly string[]
  /** 10 MiB of text. */
  readonly large: string
  /** 10,000 empty files. */
  readonly wide: string
  /** 50,000 files of `makeTree`. */
  readonly deep: string
}

export async function makeMaterial(root: string): Promise<Material> {
  const folders = { small: join(root, 'small'), wide: join(root, 'wide'), deep: join(root, 'deep') }
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true })
  const small = Array.from({ length: 100 }, (_, at) => join(folders.small, `file-${at}.txt`))
  await all(small, (path) => writeFile(path, textOf(1024, 1)))
  const large = join(root, 'large.txt')
  await writeFile(large, textOf(10 << 20, 2))
  await all(
    Array.from({ length: 10_000 }, (_, at) => join(folders.wide, `entry-${String(at).padStart(5, '0')}`)),
    (path) => writeFile(path, ''),
  )
  await makeTree(folders.deep, 50_000)
  return { root, small, large, wide: folders.wide, deep: folders.deep }
}

/** Files of text, no two alike, a hundred in each folder; the word `needle` stands in every hundredth. */
export async function makeTree(root: string, files: number): Promise<void> {
  const folders = Array.from({ length: files / 100 }, (_, at) => join(root, `d${at % 20}`, `e${at}`))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  await all(
    folders.flatMap((folder, f) =>
      Array.from({ length: 100 }, (_, at) => ({ path: join(folder, `${at}.${at % 10 === 0 ? 'md' : 'ts'}`), seed: f * 100 + at })),
    ),
    ({ path, seed }) => writeFile(path, `file ${seed}\n${textOf(1500, seed)}${seed % 100 === 0 ? 'the needle is here\n' : ''}`),
  )
}

/** The same text for the same seed. */
function textOf(bytes: number, seed: number): string {
  const lines: string[] = []
  for (let size = 0, at = seed; size < bytes; at++) {
    const line = Array.from({ length: 10 }, (_, word) => WORDS[(at * 7 + word * word * 3 + (at >> 3)) % WORDS.length]).join(' ')
    lines.push(line)
    size += line.length + 1
  }
  return `${lines.join('\n').slice(0, bytes - 1)}\n`
}

async function all<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += 64) await Promise.all(items.slice(at, at + 64).map(work))
}

import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { prepareDataFolder } from '../../../src/config/folder.ts'
import { resolveSecret } from '../../../src/config/secret.ts'
import { requires } from '../../support/requires.ts'

const root = requires('root, who can give a folder away', () => process.getuid?.() === 0)

let home: string
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'polymount-folder-'))))
afterEach(() => rm(home, { recursive: true }))

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8)

describe('the data folder', () => {
  test('is made for its owner alone, parents too', async () => {
    await prepareDataFolder(join(home, 'a/b'))
    expect([await mode(join(home, 'a')), await mode(join(home, 'a/b'))]).toEqual(['700', '700'])
  })

  test('is closed where others could read it', async () => {
    await chmod(home, 0o755)
    await prepareDataFolder(home)
    expect(await mode(home)).toBe('700')
  })

  test.each([0o770, 0o702])('is refused where others can write (%o)', async (bits) => {
    await chmod(home, bits)
    await expect(prepareDataFolder(home)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNSAFE', message: expect.stringContaining('written by other users') })
  })

  test('is refused where it belongs to another user', async (context) => {
    await root(context)
    await chown(home, 65_534, 65_534)
    await expect(prepareDataFolder(home)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNSAFE', message: expect.stringContaining('another user') })
  })

  test('cannot be made where the system makes none', { skip: process.platform !== 'linux' }, async () => {
    await expect(prepareDataFolder('/proc/polymount/data')).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('ENOENT') })
  })

  test('is made once by all who start at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => prepareDataFolder(join(home, 'a/b'))))
    expect(await mode(join(home, 'a/b/files'))).toBe('700')
  })

  test('cannot stand on a file', async () => {
    await writeFile(join(home, 'f'), '')
    await expect(prepareDataFolder(join(home, 'f'))).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('EEXIST') })
    await expect(prepareDataFolder(join(home, 'f/g'))).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('ENOTDIR') })
  })
})

describe('a secret', () => {
  test('comes from the variable or file that is named, without the last line end', async () => {
    const file = join(home, 'token')
    await writeFile(file, 'from file\r\n')
    expect(await resolveSecret(`file:${file}`, {})).toBe('from file')
    expect(await resolveSecret('env:TOKEN', { TOKEN: 'from env' })).toBe('from env')
  })

  test('that is missing or empty is named, by its reference', async () => {
    await writeFile(join(home, 'empty'), '\n')
    for (const reference of ['env:NO', 'env:EMPTY', `file:${home}/no`, `file:${home}/empty`])
      await expect(resolveSecret(reference, { EMPTY: '' })).rejects.toMatchObject({ code: 'SECRET_MISSING', message: expect.stringContaining(reference) })
  })
})

import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { command, runHere as run } from '../../support/io.ts'
import { emptyPlace, type Place } from '../../support/program.ts'

const folderOf = ({ home }: Place): string => join(home, '.local/share/polymount')
const fileOf = (place: Place): string => join(folderOf(place), 'polymount.json')
const settings = async (place: Place): Promise<unknown> => JSON.parse(await readFile(fileOf(place), 'utf8'))

const S3 = ['--type', 's3', '--option', 'bucket=b', '--option', 'endpoint=http://127.0.0.1:9']

const RCLONE = ['--type', 'rclone', '--option']
const CLUSTER = ['--type', 'cluster', '--option']
const HTTP = ['--type', 'http', '--option']
const STORACHA = ['--type', 'storacha', '--option', 'agent_key=env:K', '--option', 'delegation=env:D', '--option']

test('what is added stands in the file, is listed, tested, and removed with its mounts', async () => {
  await using place = await emptyPlace()
  expect(await run(place, ['backends', 'add', 'mem', '--type', 'memory', '--option', 'max_bytes=1000', '--mount', '/mem'])).toMatchObject({ code: 0 })
  expect(await settings(place)).toEqual({
    backends: { mem: { type: 'memory', options: { max_bytes: 1000 } } },
    mounts: [{ path: '/mem', backend: 'mem' }],
  })
  expect((await stat(fileOf(place))).mode & 0o777).toBe(0o600)
  expect(await readdir(folderOf(place))).not.toContainEqual(expect.stringContaining('.tmp'))
  expect(await run(place, ['backends'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/mem +memory +\/mem/) })
  expect(JSON.parse((await run(place, ['backends', 'list', '--json'])).stdout)).toEqual([{ name: 'mem', type: 'memory', mounts: ['/mem'] }])
  expect(await run(place, ['backends', 'test', 'mem'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/health +ok\ncapabilities +write/) })
  expect(await run(place, ['backends', 'remove', 'mem'])).toMatchObject({ code: 0, stdout: expect.stringContaining('/mem') })
  expect(await settings(place)).toEqual({ backends: {}, mounts: [] })
})

test('other settings and the indentation of the file stay', async () => {
  await using place = await emptyPlace()
  await mkdir(folderOf(place), { recursive: true, mode: 0o700 })
  await writeFile(fileOf(place), '{\n\t"deny": [".env"],\n\t"ipfs": { "network": "off" }\n}\n')
  await run(place, ['backends', 'add', 'mem', '--type', 'memory'])
  expect(await readFile(fileOf(place), 'utf8')).toContain('\n\t"deny"')
  expect(await settings(place)).toEqual({ deny: ['.env'], ipfs: { network: 'off' }, backends: { mem: { type: 'memory', options: {} } } })
})

describe('nothing is written', () => {
  test.each([
    ['of a secret itself', ['add', 'x', ...S3, '--option', 'access_key_id=AKIAPLANTED'], 'must refer to the secret'],
    ['of a secret in the name of a remote', ['add', 'x', ...RCLONE, 'remote=:s3,provider=Minio,secret_access_key=AKIAPLANTED:b'], '{env:VARIABLE}'],
    ['of a quoted one', ['add', 'x', ...RCLONE, 'remote=:sftp,pass="AKIAPLANTED,x",host=h:'], 'configuration of rclone'],
    ['of one in an address of a remote', ['add', 'x', ...RCLONE, 'remote=:webdav,url="https://me:AKIAPLANTED@h":'], '{env:VARIABLE}'],
    ['of a reference that is no whole value', ['add', 'x', ...RCLONE, 'remote=:webdav,url="https://me:{env:P}@h":'], 'as a whole value'],
    ['of a password of a cluster', ['add', 'x', ...CLUSTER, 'api=http://admin:AKIAPLANTED@127.0.0.1:9'], 'authorization is for them'],
    ['of a token of a cluster', ['add', 'x', ...CLUSTER, 'api=http://h/?token=AKIAPLANTED'], 'authorization is for them'],
    ['of a password of the Kubo beside it', ['add', 'x', ...CLUSTER, 'api=http://h', '--option', 'ipfs_api=http://AKIAPLANTED@h'], 'needs none'],
    [
      'of a password of a server of buckets',
      ['add', 'x', '--type', 's3', '--option', 'bucket=b', '--option', 'endpoint=https://u:AKIAPLANTED@h'],
      'secret_access_key',
    ],
    ['of a password of an upload service', ['add', 'x', ...STORACHA, 'service_url=https://u:AKIAPLANTED@h'], 'agent_key'],
    ['of a token of a file', ['add', 'x', ...HTTP, 'files={"/f":"https://h/f?token=AKIAPLANTED"}'], '{env:VARIABLE}'],
    ['of a password of a file', ['add', 'x', ...HTTP, 'files={"/f":"https://u:AKIAPLANTED@h/f"}'], '{env:VARIABLE}'],
    ['of an unknown option', ['add', 'x', ...S3, '--option', 'regio=x'], 'did you mean'],
    ['of an unknown type', ['add', 'x', '--type', 's33'], 'did you mean s3'],
    ['of a mount where one stands', ['add', 'x', '--type', 'memory', '--mount', '/local'], 'two mounts'],
    ['of a path that is none', ['add', 'x', '--type', 'memory', '--mount', 'x'], 'mounts'],
    ['without a type', ['add', 'x'], 'a type is missing'],
    ['without what the type needs', ['add', 'x', '--type', 's3'], 'options are missing: bucket'],
    ['of an option without a value', ['add', 'x', '--type', 's3', '--option', 'bucket'], '--option needs'],
    ['for an unknown name', ['remove', 'x'], 'no backend is called x'],
    ['for an unknown verb', ['explode', 'x'], 'backends takes one of'],
  ])('%s', async (_, args, said) => {
    await using place = await emptyPlace()
    const { code, stderr, stdout } = await run(place, ['backends', ...args])
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)])
    expect(stdout + stderr).not.toContain('AKIAPLANTED')
    await expect(readFile(fileOf(place))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('over a backend of the same name', async () => {
    await using place = await emptyPlace()
    await run(place, ['backends', 'add', 'mem', '--type', 'memory'])
    expect(await run(place, ['backends', 'add', 'mem', ...S3])).toMatchObject({ code: 2, stderr: expect.stringContaining('called mem already') })
    expect(await settings(place)).toEqual({ backends: { mem: { type: 'memory', options: {} } } })
  })
})

test('a storage that cannot be used is told with a remedy, and its secret is not', async () => {
  await using place = await emptyPlace()
  const keys = ['--option', 'access_key_id=env:PLANTED_ID', '--option', 'secret_access_key=env:PLANTED_KEY']
  await run(place, ['backends', 'add', 'far', ...S3, ...keys])
  const { code, stdout, stderr } = await run(place, ['backends', 'test', 'far', '--json'], { env: { PLANTED_ID: 'planted-id', PLANTED_KEY: 'planted-key' } })
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ name: 'far', health: expect.stringMatching(/^[A-Z_]+: /), remedy: expect.any(String) })
  expect(stdout + stderr).not.toMatch(/planted-/)
  expect(await run(place, ['backends', 'test', 'far'])).toMatchObject({ code: 1, stdout: expect.stringContaining('SECRET_MISSING') })
})

test('a person at a terminal is asked, and for secrets again until it is a reference', async () => {
  await using place = await emptyPlace()
  const { stdin, stdout, stderr, code } = command(place, ['backends', 'add'])
  Object.assign(stdin, { isTTY: true })
  const answers: readonly (readonly [string, string])[] = [
    ['Name', 'store'],
    ['Type', 's3'],
    ['bucket', 'b'],
    ['prefix', ''],
    ['endpoint', 'http://127.0.0.1:9'],
    ['region', ''],
    ['path_style', 'true'],
    ['access_key_id', 'AKIAPLANTED'],
    ['must refer', 'env:ID'],
    ['secret_access_key', 'env:KEY'],
    ['session_token', ''],
    ['compat', ''],
    ['part_size', '5242880'],
    ['Mount at', '/store'],
  ]
  let [said, next] = ['', 0]
  stdout.on('data', (part: Buffer) => {
    said += part.toString()
    const [question, answer] = answers[next] ?? ['\0', '']
    if (!said.includes(question) || !said.endsWith(': ')) return
    ;[said, next] = ['', next + 1]
    stdin.write(`${answer}\n`)
  })
  const failure = text(stderr)
  const ended = await code
  stderr.end()
  expect([ended, await failure]).toEqual([0, ''])
  const keys = { access_key_id: 'env:ID', secret_access_key: 'env:KEY' }
  const options = { bucket: 'b', endpoint: 'http://127.0.0.1:9', path_style: true, ...keys, part_size: 5_242_880 }
  expect(await settings(place)).toEqual({ backends: { store: { type: 's3', options } }, mounts: [{ path: '/store', backend: 'store' }] })
})

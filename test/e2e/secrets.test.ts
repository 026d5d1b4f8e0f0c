import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findServer } from '../../scripts/servers/find.ts'
import { RCLONE } from '../../scripts/servers/programs.ts'
import { HostileServer } from '../support/hostile-server.ts'
import { connectHttp } from '../support/http.ts'
import { runHere } from '../support/io.ts'
import { argumentsOfAll, bytesBelow, leaksIn } from '../support/leaks.ts'
import { emptyPlace, type Place, start } from '../support/program.ts'
import { needsRclone, Rclone } from '../support/rclone.ts'

let control: Rclone, dav: Rclone, hostile: HostileServer
beforeEach(needsRclone)
beforeAll(async () => {
  control = await Rclone.control()
  dav = await Rclone.serving('webdav')
  hostile = await HostileServer.start()
  hostile.decodes = false
})
afterAll(async () => {
  for (const server of [control, dav, hostile]) await server[Symbol.asyncDispose]()
})

const NAMES = ['dav', 'refused', 'hostile', 'bucket', 'cluster']
const PLANTED = { bearer: 'planted-bearer-41f0', key: 'planted+s3/key-5b1e', wrong: 'planted-wrong-password-7d21', file: 'planted-header-of-a-file-0c4d' }

/** A data folder whose configuration holds every kind of secret, and what they are. */
async function configured({ home }: Place): Promise<Readonly<Record<string, string>>> {
  const folder = join(home, '.local/share/polymount')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of ['bearer', 'file'] as const) await writeFile(join(home, name), `${PLANTED[name]}\n`, { mode: 0o600 })
  const [right, wrong] = [await control.obscured(dav.password), await control.obscured(PLANTED.wrong)]
  for (const [name, pass] of Object.entries({ right, wrong })) await writeFile(join(home, name), pass, { mode: 0o600 })
  const remote = (url: string, pass: string): object => ({
    type: 'rclone',
    options: { remote: `:webdav,url="${url}",vendor=rclone,user=polymount-test,pass={file:${home}/${pass}}:` },
  })
  const settings = {
    http: { token: `file:${home}/bearer` },
    secrets: { named: { from: `file:${home}/file`, for: [hostile.url] } },
    backends: {
      dav: remote(dav.url, 'right'),
      refused: remote(dav.url, 'wrong'),
      hostile: remote(hostile.url, 'wrong'),
      bucket: { type: 's3', options: { bucket: 'b', endpoint: hostile.url, access_key_id: 'env:KEY', secret_access_key: 'env:KEY', session_token: 'env:KEY' } },
      cluster: { type: 'cluster', options: { api: hostile.url, authorization: 'secret:named' } },
    },
    mounts: NAMES.map((name) => ({ path: `/${name}`, backend: name })),
  }
  await writeFile(join(folder, 'polymount.json'), JSON.stringify(settings))
  return { ...PLANTED, right: dav.password, right_obscured: right, wrong_obscured: wrong }
}

/** What was shown, by where. */
type Seen = Record<string, string>

async function listening(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const part of child.stdout ?? []) {
    said += String(part)
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]
    if (url !== undefined) return url
  }
  throw new Error('it does not listen')
}

async function pages(url: string): Promise<Seen> {
  const seen: Seen = {}
  for (const path of ['/healthz', '/readyz', '/mcp', '/nothing'])
    for (const [token, whose] of [[PLANTED.bearer, 'right'] as const, [`${PLANTED.bearer}x`, 'wrong'] as const]) {
      const answer = await fetch(url + path, { method: path === '/mcp' ? 'POST' : 'GET', headers: { authorization: `Bearer ${token}` } })
      seen[`${path} by a ${whose} token`] = JSON.stringify([...answer.headers]) + (await answer.text())
    }
  return seen
}

async function calls(url: string): Promise<Seen> {
  await using session = await connectHttp(`${url}/mcp`, 'modern', { authorization: `Bearer ${PLANTED.bearer}` })
  expect(await session.call('vfs_write', { path: '/dav/f', content: 'x' })).toMatchObject({ ok: true })
  const wanted = NAMES.flatMap((name) => [
    { tool: 'vfs_ls', args: { path: `/${name}` } },
    { tool: 'vfs_read', args: { path: `/${name}/f` } },
    { tool: 'vfs_write', args: { path: `/${name}/f`, content: 'y' } },
  ])
  const seen: Seen = {}
  for (const { tool, args } of [...wanted, { tool: 'vfs_list_mounts', args: {} }, { tool: 'mbfs_list_backends', args: {} }])
    seen[`${tool} ${JSON.stringify(args)}`] = JSON.stringify((await session.call(tool, args)).raw)
  return seen
}

/** Those of the processes that it started, and the arguments of everybody's. */
async function processes(pid: number): Promise<Seen> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const seen: Seen = { arguments: await argumentsOfAll() }
  for (const child of all) {
    const parent = (await readFile(`/proc/${child}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.split(' ')[1]
    if (parent === String(pid)) seen[`environment of ${child}`] = await readFile(`/proc/${child}/environ`, 'latin1')
  }
  expect(Object.keys(seen).length).toBeGreaterThan(1) // rclone is one
  return seen
}

async function commands(place: Place, env: Record<string, string>): Promise<Seen> {
  const lines = ['config', 'config --json', 'doctor', 'doctor --json', 'backends --json', 'services', 'services --json', 'services logs rclone']
  const seen: Seen = {}
  for (const line of [...lines, ...NAMES.map((name) => `backends test ${name} --json`)])
    seen[line] = JSON.stringify(await runHere(place, line.split(' '), { env }))
  return seen
}

test('a gateway that runs, its programs and every command say no secret, whether storages serve, refuse or say back what they got', async () => {
  await using place = await emptyPlace()
  const secrets = await configured(place)
  const env = {
    KEY: PLANTED.key,
    RCLONE_BINARY: await findServer(RCLONE),
    RCLONE_CONFIG: '/dev/null',
    POLYMOUNT_IPFS_NETWORK: 'off',
    POLYMOUNT_TOOLSETS: 'all',
  }
  const child = start(place, ['--http', '127.0.0.1:0', place.work], { env })
  const complaints = text(child.stderr)
  const url = await listening(child)
  const seen = { ...(await pages(url)), ...(await calls(url)), ...(await processes(child.pid ?? 0)), ...(await commands(place, env)) }
  child.kill('SIGTERM')
  await once(child, 'exit')
  const folder = join(place.home, '.local/share/polymount')
  Object.assign(seen, { stderr: await complaints, 'data folder': await bytesBelow(folder) })
  expect(seen['data folder']).toContain('/dav') // the journal is among what was looked at
  expect(Object.entries(seen).flatMap(([where, shown]) => leaksIn(shown, secrets).map((leak) => `${where}: ${leak}`))).toEqual([])
}, 120_000)

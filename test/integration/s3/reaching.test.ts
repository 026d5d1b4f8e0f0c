import dns from 'node:dns'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openS3 } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, text } from '../../contract/support.ts'
import { emptyPlace } from '../../support/program.ts'
import { needs, S3Server, type S3Program, VERSITY } from '../../support/s3.ts'

const DOMAIN = 's3.example.test'
const NAMED: S3Program = { ...VERSITY, args: (folder, at) => ['--quiet', '--port', at, '--virtual-domain', DOMAIN, 'posix', folder] }

let server: S3Server
beforeEach(needs(NAMED))
beforeAll(async () => void (server = await S3Server.start(NAMED)))
afterAll(() => server[Symbol.asyncDispose]())
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('a bucket that has a host name of its own', async () => {
  const { bucket, credentials } = await server.options()
  const asked = vi
    .spyOn(dns, 'lookup')
    .mockImplementation(((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: '127.0.0.1', family: 4 }])) as unknown as typeof dns.lookup)
  await using backend = await openS3({ bucket, credentials, endpoint: `http://${DOMAIN}:${new URL(server.endpoint).port}`, pathStyle: false })
  await backend.write(p('/f'), bytesOf('content'))
  expect(await text(backend.read(p('/f')))).toBe('content')
  expect(new Set(asked.mock.calls.map(([name]) => name))).toEqual(new Set([`${bucket}.${DOMAIN}`]))
})

test.each([(url: string) => `${url}/`, (url: string) => url.replace('http', 'HTTP')])(
  'a server that is written in another way is the same volume',
  async (written) => {
    const options = await server.options()
    await using one = await openS3(options)
    await using other = await openS3({ ...options, endpoint: written(server.endpoint) })
    expect(other.volume).toBe(one.volume)
  },
)

/** What AWS's own tools would find, and nothing that this machine has. */
function surroundings(found: Readonly<Record<string, string>>, file = '/dev/null'): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  const nothing = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: file }
  for (const [name, value] of Object.entries({ ...nothing, ...found })) vi.stubEnv(name, value)
}

test('without keys those of the environment are used', async () => {
  const { bucket, endpoint, credentials } = await server.options()
  surroundings({ AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? '', AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '' })
  await using backend = await openS3({ bucket, endpoint })
  expect(backend.capabilities.write).toBe(true)
})

test('without keys those of a profile are used', async () => {
  const { bucket, endpoint, credentials } = await server.options()
  await using place = await emptyPlace()
  const file = join(place.home, 'credentials')
  await writeFile(file, `[team]\naws_access_key_id = ${credentials?.accessKeyId}\naws_secret_access_key = ${credentials?.secretAccessKey}\n`)
  surroundings({ AWS_PROFILE: 'team' }, file)
  await using backend = await openS3({ bucket, endpoint })
  expect(backend.capabilities.write).toBe(true)
})

test('without a region that of the environment is used, or of the profile', async () => {
  const region = 'eu-central-1'
  await using far = await S3Server.start({ ...VERSITY, args: (folder, at) => ['--region', region, ...VERSITY.args(folder, at)] }, undefined, region)
  const { bucket, endpoint, credentials } = await far.options()
  const open = async (): Promise<string> => codeOf(openS3({ bucket, endpoint, credentials }).then((backend) => backend[Symbol.asyncDispose]()))
  await using place = await emptyPlace()
  const file = join(place.home, 'config')
  await writeFile(file, `[profile team]\nregion = ${region}\n`)
  surroundings({})
  expect(await open()).toBe('WRONG_REGION')
  surroundings({ AWS_REGION: region })
  expect(await open()).toBe('none')
  surroundings({ AWS_PROFILE: 'team', AWS_CONFIG_FILE: file })
  expect(await open()).toBe('none')
})

test('the region of a bucket is found once, and not again for each request', async () => {
  const { bucket, endpoint, credentials } = await server.options()
  surroundings({})
  await using backend = await openS3({ bucket, endpoint, credentials })
  surroundings({ AWS_REGION: 'eu-central-1' })
  await backend.write(p('/f'), bytesOf('content'))
  expect(await text(backend.read(p('/f')))).toBe('content')
})

test('where there are none anywhere that is what is said', async () => {
  const { bucket, endpoint } = await server.options()
  surroundings({})
  expect(await codeOf(openS3({ bucket, endpoint }))).toBe('CREDENTIALS_REFUSED')
})

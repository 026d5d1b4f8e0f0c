import { expect, test } from 'vitest'
import { z } from 'zod'
import { loadConfig } from '../../../src/config/load.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { shownSettings } from '../../../src/config/shown.ts'

const shownEndpoint = async (endpoint: string): Promise<unknown> => {
  const schema = configSchema({ remote: { options: z.strictObject({ endpoint: z.string() }) } }, [])
  const env = { POLYMOUNT_BACKENDS: JSON.stringify({ far: { type: 'remote', options: { endpoint } } }) }
  const shown = shownSettings(schema, await loadConfig(schema, { env, home: '/none', flags: new Map() }))
  return shown.find(({ key }) => key === 'backends')?.value
}

test.each([
  [':sftp,host=h,user=me,pass=hunter2:dir', ':sftp,host=h,user=me,pass=***:dir'],
  [':s3,secret_access_key="a,b:""c""",region=x:bucket', ':s3,secret_access_key=***,region=x:bucket'],
  ['https://host/x?a=1&X-Amz-Signature=hunter2&b=2', 'https://host/x?a=1&X-Amz-Signature=***&b=2'],
  [':sftp,user=me,pass={file:/a:b,c},key_file=/k,ask_password=true:x', ':sftp,user=me,pass={file:/a:b,c},key_file=/k,ask_password=true:x'],
  ['https://me:{secret:far}@host/x?token={env:T}&sig_token=hunter2', 'https://me:{secret:far}@host/x?token={env:T}&sig_token=***'],
  ['drive:photos', 'drive:photos'],
])('a secret in the middle of a value is not shown: %s', async (said, shown) => {
  expect(await shownEndpoint(said)).toEqual({ far: { type: 'remote', options: { endpoint: shown } } })
})

test('every setting is shown with its origin, and what could be a secret is not', async () => {
  const schema = configSchema({ remote: { options: z.strictObject({ endpoint: z.string(), secret_access_key: z.string(), token: z.string() }) } }, [])
  const backends = { far: { type: 'remote', options: { endpoint: 'https://me:hunter2@host/x', secret_access_key: 'hunter2', token: 'secret:far' } } }
  const env = { POLYMOUNT_BACKENDS: JSON.stringify(backends), POLYMOUNT_HTTP_TOKEN: 'env:T', POLYMOUNT_DENY: '**/x' }
  const shown = shownSettings(schema, await loadConfig(schema, { env, home: '/none', flags: new Map() }))
  expect(shown.find(({ key }) => key === 'backends')).toEqual({
    key: 'backends',
    value: { far: { type: 'remote', options: { endpoint: 'https://***@host/x', secret_access_key: '***', token: 'secret:far' } } },
    origin: 'variable POLYMOUNT_BACKENDS',
    variable: 'POLYMOUNT_BACKENDS',
  })
  expect(shown.find(({ key }) => key === 'http.token')).toMatchObject({ value: 'env:T' })
  expect(shown.find(({ key }) => key === 'deny')).toMatchObject({ value: ['**/x'] })
  expect(shown.find(({ key }) => key === 'http.port')).toMatchObject({ value: 4280, origin: 'default' })
})

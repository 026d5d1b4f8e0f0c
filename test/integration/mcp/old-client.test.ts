import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { VfsError } from '../../../src/core/error.ts'
import { tool } from '../../../src/registry/tool.ts'
import { serve } from '../../support/http.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

const Input = z.object({ word: z.string() })
const Output = z.strictObject({ length: z.int() })

class Words {
  static readonly toolset = 'words'

  @tool({ name: 'word_measure', title: 'Measure', description: 'Measure a word.', effect: 'read', input: Input, output: Output })
  async measure({ word }: z.output<typeof Input>): Promise<z.input<typeof Output>> {
    if (word === '') throw new VfsError('INVALID_ARGUMENT', 'the word is empty')
    return { length: word.length }
  }
}

/** The client of the SDK's first generation checks structured content against the schema, also of errors. */
test('the client of the first SDK gets results and errors', async () => {
  await using server = await serve(partsOf(await registryOf({ classes: { Words } })))
  const client = new Client({ name: 'old', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`))
  await client.connect(transport)
  expect((await client.listTools()).tools).toMatchObject([{ name: 'word_measure', outputSchema: { properties: { status: {}, length: {} } } }])
  expect(await client.callTool({ name: 'word_measure', arguments: { word: 'salt' } })).toMatchObject({ structuredContent: { status: 'success', length: 4 } })
  expect(await client.callTool({ name: 'word_measure', arguments: { word: '' } })).toMatchObject({ isError: true })
  await transport.terminateSession()
  await client.close()
})

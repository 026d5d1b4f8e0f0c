import { PassThrough } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PipeTransport } from '../../../src/mcp/pipes/transport.ts'
import { serveOverStdio } from '../../../src/mcp/stdio.ts'
import { needsCluster } from '../../support/cluster.ts'
import { CALLS, type EveryTool, everyTool } from '../../support/every-tool.ts'

let opened: EveryTool
let door: { close(): Promise<void> }
const client = new Client({ name: 'old', version: '1.0.0' })

beforeAll(async () => {
  opened = await everyTool()
  const [toServer, toClient] = [new PassThrough(), new PassThrough()]
  door = serveOverStdio(opened.session.gateway.mcp(), new PipeTransport(toServer, toClient))
  await client.connect(new StdioServerTransport(toClient, toServer)) // it speaks on any two pipes; that of clients starts a program
  await client.listTools() // from now on it checks what is structured against what the tools declare
})
afterAll(async () => {
  await client.close()
  await door.close()
  await opened[Symbol.asyncDispose]()
})

test.for(Object.keys(CALLS))('the client of the first SDK takes the answer of %s over stdio', async (tool, context) => {
  if (tool.startsWith('ipfs_cluster_')) await needsCluster(context)
  const { isError = false, content } = await client.callTool({ name: tool, arguments: CALLS[tool]?.(opened) ?? {} })
  expect({ isError, content }).toMatchObject({ isError: false, content: [{ type: 'text', text: expect.stringMatching(/\S/) }] })
})

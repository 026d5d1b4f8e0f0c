// The real upload service of Storacha on the loopback address, with stores in memory: a program, told what to do over IPC.
import * as http from 'node:http'
import { buffer } from 'node:stream/consumers'
import { generate, Signer } from '@storacha/client/principal/ed25519'
import { createContext } from '@storacha/upload-api/test/context'
import { CAR as CarFormat, delegate, Message, parseLink } from '@ucanto/core'
import { CAR } from '@ucanto/transport'
import { base64 } from 'multiformats/bases/base64'
import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'

// The service's own proofs hold for 30 seconds from now, so now is tomorrow.
const { now } = Date
Date.now = () => now() + 24 * 3600 * 1000
const context = await createContext({ http, assert: { fail: (error) => process.stderr.write(`${String(error)}\n`) } })
Date.now = now
let server
let port = 0

async function up() {
  server = http.createServer((request, response) => void answer(request, response).catch((error) => response.destroy(error)))
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  port = server.address().port
  return { url: `http://127.0.0.1:${port}/`, did: context.id.did() }
}

async function down() {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** A space, and an agent that may do these things in it. */
async function space({ can, expiration, room }) {
  const [owner, agent] = [await generate(), await generate()]
  const capabilities = can.map((one) => ({ can: one, with: owner.did() }))
  const proof = await delegate({ issuer: owner, audience: agent, capabilities, expiration: expiration ?? Infinity })
  const provision = { cause: proof, consumer: owner.did(), customer: 'did:mailto:example.org:alice', provider: context.id.did() }
  if (room) await context.provisionsStorage.put(provision)
  const archive = await proof.archive()
  return { did: owner.did(), agentKey: Signer.format(agent), delegation: CID.createV1(CarFormat.code, identity.digest(archive.ok)).toString(base64) }
}

/** The roots that a space lists. */
const listed = ({ did }) => context.uploadTable.items.filter((item) => item.space === did).map(({ root }) => root.toString())

async function answer(request, response) {
  const task = /^\/receipt\/(.+)$/.exec(request.url)?.[1]
  if (task !== undefined) await receipt(task, response)
  else await invocation(request, response)
}

async function invocation(request, response) {
  const told = await context.connection.channel.request({ method: 'POST', headers: request.headers, body: new Uint8Array(await buffer(request)) })
  response.writeHead(told.status ?? 200, told.headers).end(told.body)
}

async function receipt(task, response) {
  const found = await context.agentStore.receipts.get(parseLink(task))
  if (found.ok) {
    const { headers, body } = CAR.request.encode(await Message.build({ receipts: [found.ok] }))
    response.writeHead(200, headers).end(body)
  } else response.writeHead(404).end()
}

const work = { up, down, space, listed }
process.on('message', async ({ id, name, input }) => process.send({ id, output: await work[name](input) }))
process.on('disconnect', () => process.exit())
process.send({ id: 0 })

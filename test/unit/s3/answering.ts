import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from '../../../backends/s3/connect.ts'

/** A bucket that answers as no server at hand does. */
export async function answering(answer: (method: string, asked: URLSearchParams) => string) {
  const server = createServer(({ method = '', url = '' }, response) =>
    response.writeHead(200, { 'content-type': 'application/xml' }).end(answer(method, new URL(url, 'http://any').searchParams)),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const bucket = connect({ bucket: 'bucket', endpoint: `http://127.0.0.1:${port}`, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  const close = async (): Promise<void> => {
    bucket.close()
    server.close()
    await once(server, 'close')
  }
  return { bucket, [Symbol.asyncDispose]: close }
}

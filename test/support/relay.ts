import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'

/** `relay.ts SOCKET PORT`: what comes in at a Unix socket goes to a port of the network in which this is started. */
const [socket, port] = process.argv.slice(2)
const server = createServer((near) => {
  const far = connect(Number(port), '127.0.0.1')
  Promise.all([pipeline(near, far), pipeline(far, near)]).catch(() => near.destroy())
})
server.listen(socket, () => process.stdout.write('ready\n'))

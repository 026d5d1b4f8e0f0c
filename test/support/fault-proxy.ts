import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * `lost`: the server answers, and the connection is cut in place of the answer. `unanswered`: the same, and the caller waits. `held`:
 * the request does not arrive before it is let go, and the caller waits.
 */
export type Fault = 'lost' | 'unanswered' | 'held'

interface Waiting {
  readonly line: RegExp
  readonly fault: Fault
  readonly met: () => void
}

/** As S3 writes them. */
function refusalOf(status: number, code: string, headers = ''): string {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`
  return `HTTP/1.1 ${status} No\r\n${headers}Content-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
}

const BUSY = refusalOf(503, 'SlowDown', 'Retry-After: 1\r\n')

/** As a server that says it has made a copy. */
export const COPIED = answerOf(200, '<?xml version="1.0" encoding="UTF-8"?><CopyObjectResult><ETag>"0"</ETag></CopyObjectResult>')
/** And one that has removed something. */
export const REMOVED = 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'

function answerOf(status: number, body: string): string {
  return `HTTP/1.1 ${status} OK\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
}

/** Stands before a server of plain HTTP and passes bytes on, as well as it is told to. */
export class FaultProxy implements AsyncDisposable {
  /** Connections end after a while. */
  cutting = false
  /** Done to every part of an answer. */
  damage: ((bytes: Buffer) => Buffer) | undefined
  /** So many requests from now on are told to come again later, */
  busy = 0
  /** or the next one whose first line is such. */
  busyAt: RegExp | undefined
  /** Every request whose first line, or whole head, is such is refused like this: each, or of so many the last. */
  refusing: { readonly line?: RegExp; readonly head?: RegExp; readonly status: number; readonly code: string; readonly every?: number } | undefined
  /** Every request whose first line is such does not arrive, and is answered by this. */
  instead: { readonly line: RegExp; readonly answer: (line: string) => Promise<string> } | undefined
  refused = 0
  /** No request whose first line is such arrives, and each waits for ever. */
  silent: RegExp | undefined
  cuts = 0
  /** The first lines of the requests that came. */
  readonly lines: string[] = []
  readonly endpoint: string
  readonly #open: Set<Socket>
  readonly #close: () => Promise<void>
  #waiting: Waiting | undefined
  #held: { readonly bytes: Buffer[]; readonly target: Socket } | undefined
  #budget = 0x9e3779b9
  #fitting = 0

  private constructor(endpoint: string, open: Set<Socket>, close: () => Promise<void>) {
    this.endpoint = endpoint
    this.#open = open
    this.#close = close
  }

  static async start(to: string): Promise<FaultProxy> {
    const open = new Set<Socket>()
    const listener = createServer((socket) => proxy.#join(socket, connect(Number(new URL(to).port), '127.0.0.1'))).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const close = async (): Promise<void> => {
      for (const socket of open) socket.destroy()
      listener.close()
      await once(listener, 'close')
    }
    const proxy: FaultProxy = new FaultProxy(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`, open, close)
    return proxy
  }

  /** What is held arrives, whether or not somebody still waits for its answer; resolves when the server has given that. */
  async letGo(): Promise<void> {
    const { bytes, target } = this.#held ?? {}
    target?.write(Buffer.concat(bytes ?? []))
    if (target) await once(target, 'data')
  }

  /** What is done to the next request whose first line is such; resolves when it has come, a held one whole, or when what stays unanswered has been done. */
  next(line: RegExp, fault: Fault): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting = { line, fault, met: resolve }
    return promise
  }

  #join(client: Socket, target: Socket): void {
    let budget = this.cutting ? this.#next() : Infinity
    let fault: Fault | undefined
    const cut = (): void => {
      this.cuts++
      client.destroy()
      target.destroy()
    }
    for (const socket of [client, target]) {
      this.#open.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          this.#open.delete(socket)
          client.destroy()
          if (fault !== 'held') target.destroy()
        })
    }
    client.on('data', (bytes: Buffer) => {
      if (isRequest(bytes)) this.lines.push(lineOf(bytes))
      if (this.silent?.test(lineOf(bytes)) === true) return
      fault ??= this.#meets(bytes)
      if (this.#isBusy(bytes)) return refuse(client, BUSY, lineOf(bytes))
      const refusal = this.#refusal(bytes)
      if (refusal !== undefined) return refuse(client, refusal, lineOf(bytes))
      if (this.instead?.line.test(lineOf(bytes)) === true)
        return void this.instead.answer(lineOf(bytes)).then((answer) => refuse(client, answer, lineOf(bytes)))
      if (fault === 'held') this.#hold(bytes, target)
      else target.write(bytes)
      if ((budget -= bytes.length) < 0) cut()
    })
    target.on('data', (bytes: Buffer) => {
      if (fault === 'lost') return cut()
      if (fault === 'unanswered') this.#met()
      if (fault === undefined) client.write(this.damage ? this.damage(bytes) : bytes)
      if ((budget -= bytes.length) < 0) cut()
    })
  }

  #refusal(bytes: Buffer): string | undefined {
    const { line = /./, head = /./, status = 0, code = '', every = 1 } = this.refusing ?? {}
    if (!this.refusing || !line.test(lineOf(bytes)) || !head.test(headOf(bytes)) || ++this.#fitting % every > 0) return undefined
    this.refused++
    return refusalOf(status, code)
  }

  #meets(bytes: Buffer): Fault | undefined {
    const waiting = this.#waiting
    if (!waiting?.line.test(lineOf(bytes))) return undefined
    if (waiting.fault !== 'lost') return waiting.fault
    this.#met()
    return waiting.fault
  }

  #hold(bytes: Buffer, target: Socket): void {
    if (this.#held?.target !== target) this.#held = { bytes: [], target }
    this.#held.bytes.push(bytes)
    if (!isWhole(Buffer.concat(this.#held.bytes))) return
    this.#met()
  }

  #met(): void {
    this.#waiting?.met()
    this.#waiting = undefined
  }

  #isBusy(bytes: Buffer): boolean {
    if (this.busy > 0 && isRequest(bytes)) return this.busy-- > 0
    if (this.busyAt?.test(lineOf(bytes)) !== true) return false
    this.busyAt = undefined
    return true
  }

  /** Up to 16 MiB, the same in every run. */
  #next(): number {
    this.#budget = (Math.imul(this.#budget, 1_664_525) + 1_013_904_223) >>> 0
    return this.#budget >>> 8
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

/** An answer to HEAD is a head. */
function refuse(client: Socket, answer: string, line: string): void {
  const body = answer.indexOf('\r\n\r\n') + 4
  client
    .removeAllListeners('data')
    .resume()
    .end(line.startsWith('HEAD ') ? answer.slice(0, body) : answer)
}

const lineOf = (bytes: Buffer): string => bytes.toString('latin1', 0, 2000).split('\r\n', 1)[0] ?? ''

const headOf = (bytes: Buffer): string => (isRequest(bytes) ? (bytes.toString('latin1').split('\r\n\r\n', 1)[0] ?? '') : '')

function isWhole(request: Buffer): boolean {
  const head = request.toString('latin1').split('\r\n\r\n', 1)[0] ?? ''
  return request.length >= head.length + 4 + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
}

const isRequest = (bytes: Buffer): boolean => /^(GET|HEAD|PUT|POST|DELETE) /.test(bytes.toString('latin1', 0, 8))

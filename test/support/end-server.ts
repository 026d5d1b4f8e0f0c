import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'

const END_MS = 10_000

/** Ends a server of a test, also one that has died already or hears no signal, and then takes its folder away. */
export async function endServer(server: ChildProcess, folder: string): Promise<void> {
  const late = setTimeout(() => server.kill('SIGKILL'), END_MS)
  if (server.exitCode === null && server.signalCode === null) {
    server.kill()
    await once(server, 'exit')
  }
  clearTimeout(late)
  await rm(folder, { recursive: true, force: true })
}

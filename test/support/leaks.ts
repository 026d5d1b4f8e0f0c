import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Every form that a secret is likely to take where somebody shows, sends or keeps it. */
function disguises(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  const escaped = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
  const encoded = [0, 1, 2].flatMap((before) => within(bytes, before))
  return [...new Set([secret, json, JSON.stringify(json).slice(1, -1), escaped, encodeURIComponent(secret), bytes.toString('hex'), ...encoded])]
}

/** What base64 makes of it wherever it stands in what is encoded, without the digits that hold bits of its neighbours. */
function within(bytes: Buffer, before: number): string[] {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replaceAll('=', '')
  const own = text.slice(before === 0 ? 0 : before + 1, (before + bytes.length) % 3 === 0 ? undefined : -1)
  return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
}

/** Which of the secrets can be read in a place, by the name of each. */
export const leaksIn = (place: string, secrets: Readonly<Record<string, string>>): string[] =>
  Object.entries(secrets).flatMap(([name, secret]) =>
    disguises(secret)
      .filter((form) => place.includes(form))
      .map((form) => `${name} as ${form}: …${around(place, form)}…`),
  )

const around = (place: string, form: string): string => place.slice(Math.max(0, place.indexOf(form) - 120), place.indexOf(form)).replaceAll(/[^ -~]/g, '.')

/** Every byte that lies below a folder. */
export async function bytesBelow(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  return (await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))).join('\n')
}

/** What any user of this machine sees of every process: its arguments. */
export async function argumentsOfAll(): Promise<string> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return (await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))).join('\n')
}

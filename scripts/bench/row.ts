import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'

/** One line of the table: a piece of work, ours against a peer of the same run. */
export interface Row {
  readonly work: string
  readonly unit: 'ms' | 'ops/s' | 'MiB/s' | 'MiB'
  readonly ours: number
  /** Who else did the same work, and their number; absent where there is nobody to compare with. */
  readonly peer?: { readonly name: string; readonly value: number | string } | undefined
  /** What has to hold, and whether it does. */
  readonly target: string
  readonly holds: boolean
  /** The least that anything could need for it here, measured in this run. */
  readonly floor?: string | undefined
  /** What the time goes into. */
  readonly limit: string
}

export const ratio = ({ ours, peer }: Row): number | undefined => (typeof peer?.value === 'number' ? ours / peer.value : undefined)

export function printRow(row: Row): void {
  const times = ratio(row)
  const against = row.peer ? ` · ${row.peer.name} ${number(row.peer.value)}${times === undefined ? '' : ` · ${times.toFixed(2)}×`}` : ''
  console.log(`${row.holds ? 'ok  ' : 'MISS'} ${row.work}: ${number(row.ours)} ${row.unit}${against} · target ${row.target}`)
  if (row.floor !== undefined) console.log(`       floor: ${row.floor}`)
  console.log(`       limit: ${row.limit}`)
}

export async function saveRows(rows: readonly Row[]): Promise<void> {
  const machine = { node: process.version, platform: `${process.platform} ${process.arch}`, cpu: cpus()[0]?.model ?? '', cores: availableParallelism() }
  await mkdir('reports', { recursive: true })
  await writeFile(
    'reports/bench.json',
    `${JSON.stringify({ at: new Date().toISOString(), machine, rows: rows.map((row) => ({ ...row, ratio: ratio(row) ?? null })) }, null, 2)}\n`,
  )
}

export const number = (value: number | string): string =>
  typeof value === 'string' ? value : value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)

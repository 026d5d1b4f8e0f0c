import { type Contestant, start } from './contestant.ts'
import type { Material } from './material.ts'
import { alternately } from './measure.ts'
import { number, type Row } from './row.ts'
import { type Work, WORKS } from './works.ts'

/** The same calls to all three servers, in turn, each in a process of its own. */
export interface Field {
  readonly ours: Contestant
  readonly theirs: Contestant
  readonly floor: Contestant
}

/** The same calls to all of them, in turn, each in a process of its own. */
export async function againstPeer(material: Material, field: Field): Promise<Row[]> {
  const rows: Row[] = []
  for (const work of WORKS) rows.push(await compare(work, material, field))
  return rows
}

async function compare(work: Work, material: Material, { ours, theirs, floor }: Field): Promise<Row> {
  await using us = await start(ours)
  await using them = await start(theirs)
  await using lowest = await start(floor)
  const failures: string[] = []
  const [own = Number.NaN, peer = Number.NaN, bare = Number.NaN] = await alternately(work.rounds, [
    () => work.measure(ours, us, material),
    () => work.measure(theirs, them, material).catch((error: Error) => (failures.push(error.message), Number.NaN)),
    () => work.measure(floor, lowest, material),
  ])
  const { most, least, unit, limit } = work
  const ratio = own / peer
  const failed = failures.length > 0
  return {
    work: work.work,
    unit,
    ours: own,
    peer: { name: theirs.name, value: failed ? `failed: ${failures[0]}` : peer },
    target: most === undefined ? `≥ ${least}×` : `≤ ${most}×`,
    holds: failed || (most === undefined ? ratio >= (least ?? 0) : ratio <= most),
    floor: `${number(bare)} ${unit}${failed ? '' : `, ${(bare / peer).toFixed(2)}×`}: a server of the SDK that answers from constants${work.floor === undefined ? '' : `, ${work.floor}`}`,
    limit,
  }
}

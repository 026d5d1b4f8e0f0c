import { type Contestant, start } from './contestant.ts'
import type { Material } from './material.ts'
import { alternately } from './measure.ts'
import type { Row } from './row.ts'
import { type Work, WORKS } from './works.ts'

/** The same calls to both servers, in turn, each in a process of its own. */
export async function againstPeer(material: Material, ours: Contestant, theirs: Contestant): Promise<Row[]> {
  const rows: Row[] = []
  for (const work of WORKS) rows.push(await compare(work, material, ours, theirs))
  return rows
}

async function compare(work: Work, material: Material, ours: Contestant, theirs: Contestant): Promise<Row> {
  await using us = await start(ours)
  await using them = await start(theirs)
  const failures: string[] = []
  const [own = Number.NaN, peer = Number.NaN] = await alternately(work.rounds, [
    () => work.measure(ours, us, material),
    () => work.measure(theirs, them, material).catch((error: Error) => (failures.push(error.message), Number.NaN)),
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
    limit,
  }
}

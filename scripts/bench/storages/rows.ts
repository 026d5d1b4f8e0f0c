import type { Row } from '../row.ts'

type Said = Pick<Row, 'limit'> & Partial<Pick<Row, 'floor'>>

export const speed = (work: string, mib: number, [ms, peer]: readonly [ours: number, peer: number], said: Said, name = 'rclone'): Row => {
  const [ours, theirs] = [perSecond(mib, ms), perSecond(mib, peer)]
  return { work, unit: 'MiB/s', ours, peer: { name, value: theirs }, target: '≥ 1×', holds: ours >= theirs, ...said }
}

export const faster = (work: string, [ms, peer]: readonly [ours: number, peer: number], said: Said): Row => ({
  work,
  unit: 'ms',
  ours: ms,
  peer: { name: 'rclone', value: peer },
  target: '≤ 1×',
  holds: ms <= peer,
  ...said,
})

export const perSecond = (mib: number, ms: number): number => (mib / ms) * 1000

import { rename, rm } from 'node:fs/promises'
import { fingerprint, isFresh, stamp } from './build/fresh.ts'

/** Makes dist/ unless it was made from exactly these sources. The new code takes its place only when it is whole; without a stamp it counts as none. */
const sources = await fingerprint()
if (process.argv.includes('--force') || !(await isFresh(sources))) await rebuild()

async function rebuild(): Promise<void> {
  const started = performance.now()
  const fresh = `.dist-${process.pid}`
  const [{ bundle }, { describeTools }] = await Promise.all([import('./build/bundle.ts'), import('./build/descriptors.ts')])
  await bundle(fresh)
  await rm('dist', { recursive: true, force: true })
  await rename(fresh, 'dist')
  await describeTools('dist')
  await stamp('dist', sources)
  console.error(`built dist in ${Math.round(performance.now() - started)} ms`)
}

import { rename, rm } from 'node:fs/promises'
import { fingerprint, isFresh, stamp } from './build/fresh.ts'

/** Makes dist/ unless it was made from exactly these sources. The new one takes its place only when it is whole. */
const sources = await fingerprint()
if (process.argv.includes('--force') || !(await isFresh(sources))) await rebuild()

async function rebuild(): Promise<void> {
  const started = performance.now()
  const fresh = `.dist-${process.pid}`
  const { bundle } = await import('./build/bundle.ts')
  await bundle(fresh)
  await stamp(fresh, sources)
  await rm('dist', { recursive: true, force: true })
  await rename(fresh, 'dist')
  console.error(`built dist in ${Math.round(performance.now() - started)} ms`)
}

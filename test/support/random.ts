import { configureGlobal } from 'fast-check'

/**
 * The same code draws the same cases, so that a red run is about a change. `POLYMOUNT_SEED=$RANDOM npm test` draws
 * others, and a failure prints its seed.
 */
configureGlobal({ seed: Number(process.env['POLYMOUNT_SEED'] ?? 20_261_121) })

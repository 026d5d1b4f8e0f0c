/** Archives in and out: loaded when a tool first needs one. */
export { importCar } from './car-in.ts'
export { carOf } from './car-out.ts'
export { pathsBelow, survey } from './survey.ts'
export { tarOf } from './tar.ts'

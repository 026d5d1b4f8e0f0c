/** Archives in and out: loaded when a tool first needs one. */
export { type CarContent, importCar } from './car-in.ts'
export { carOf } from './car-out.ts'
export { type Survey, survey } from './survey.ts'
export { tarOf } from './tar.ts'

/** Starts a program and dies before its process is recorded, as soon as it is told to. */
import { Program } from '../../../src/services/program.ts'

const folder = process.argv[2] ?? ''
await Program.start(
  { command: '/bin/sleep', args: ['1000'], env: {}, notes: [] },
  {
    folder,
    pipe: `${folder}/pipe`,
    take: async () => {},
    record: ({ pid }) => {
      process.stdout.write(`${pid}\n`)
      return new Promise(() => setInterval(() => {}, 1000))
    },
  },
)

import { execFileSync } from 'node:child_process'
import { readFile, realpath, writeFile } from 'node:fs/promises'

/** Plays the tour and puts what it prints into the README, with short paths; a cursor holds a long one. */
const said = execFileSync(process.execPath, ['scripts/tour.ts'], { encoding: 'utf8', maxBuffer: 1 << 24 })
const short = said
  .replaceAll(/\/tmp\/polymount-tour-\w+/g, '/tmp/tour')
  .replaceAll(await realpath('node_modules'), '/polymount/node_modules')
  .replaceAll(/(?<=\[more: cursor=.{8})[\w-]+/g, '…')
const readme = await readFile('README.md', 'utf8')
await writeFile(
  'README.md',
  readme.replace(/(?<=<!-- transcript -->\n)[\s\S]*(?=<!-- \/transcript -->)/, () => `\`\`\`\n${short.trim()}\n\`\`\`\n`),
)

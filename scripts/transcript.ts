import { execFileSync } from 'node:child_process'
import { readFile, realpath, writeFile } from 'node:fs/promises'

/** What the README shows of the tour; docs/tour.md has all of it. */
const SHOWN = /^\d+\. (Edit a file|A lost update|Delete the folder|The gateway is killed|The next gateway)/

/** Plays the tour and writes down what it prints, with short paths; a cursor holds a long one. */
const said = execFileSync(process.execPath, ['scripts/tour.ts'], { encoding: 'utf8', maxBuffer: 1 << 24 })
const transcript = said
  .replaceAll(/\/tmp\/polymount-tour-\w+/g, '/tmp/tour')
  .replaceAll(await realpath('node_modules'), '/polymount/node_modules')
  .replaceAll(/(?<=\[more: cursor=.{8})[\w-]+/g, '…')
  .trim()
const shown = transcript.split(/\n\n(?=\d+\. |All )/).filter((step) => SHOWN.test(step))
await Promise.all([put('docs/tour.md', transcript), put('README.md', shown.join('\n\n'))])

async function put(file: string, text: string): Promise<void> {
  const page = await readFile(file, 'utf8')
  await writeFile(
    file,
    page.replace(/(?<=<!-- transcript -->\n)[\s\S]*(?=<!-- \/transcript -->)/, () => `\n\`\`\`\n${text}\n\`\`\`\n\n`),
  )
}

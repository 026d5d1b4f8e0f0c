import { FLAGS, type CommandName } from './flags.ts'

const USAGE: Readonly<Record<CommandName, readonly [synopsis: string, does: string]>> = {
  serve: ['polymount [serve] DIR[:ro]…', 'Serve folders to an agent: MCP over stdio, or over HTTP with --http.'],
  call: ['polymount call TOOL [JSON|-]', 'Call one tool; the arguments are JSON, or come from stdin with "-".'],
  tools: ['polymount tools', 'List the tools.'],
  ipfs: [
    'polymount ipfs keys|migrate …',
    'keys [make NAME]: list the keys of IPNS names, or make one; migrate --to ENGINE: carry pins, /mfs, keys and published names over.',
  ],
  gc: ['polymount gc', 'Free the blocks that no pin, no file of /mfs and no version needs; those of a Kubo that polymount runs too.'],
  services: ['polymount services [VERB NAME]', 'List the programs that run beside it; start, stop or restart one, or print its logs.'],
  backends: [
    'polymount backends [VERB NAME]',
    'List the storages of the configuration file; add, test or remove one; link NAME KEY: a URL of a file, for whoever has it.',
  ],
  doctor: ['polymount doctor', 'Check that everything is as it should be, with a remedy for what is not.'],
  config: ['polymount config', 'Show every setting and where it came from.'],
}

export function help(): string {
  const commands = Object.values(USAGE).map(([synopsis, does]) => `  ${synopsis.padEnd(31)}${does}`)
  return ['One file system for agents: every change is journaled and can be undone.', '', ...commands, '', 'Flags:', ...flagLines(), '', ENDS].join('\n')
}

function flagLines(): string[] {
  return Object.entries(FLAGS).map(([name, { value, help: does, commands }]) => {
    const form = `--${name}${value === undefined ? '' : ` ${value}`}`
    return `  ${form.padEnd(31)}${does}${commands.length < 4 ? ` (${commands.join(', ')})` : ''}`
  })
}

const ENDS = 'Exit codes: 0 done · 1 a tool error, a failed check, or a server that could not go on · 2 the command line or configuration is wrong.'

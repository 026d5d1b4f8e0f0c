import { resolve } from 'node:path'
import { readAddress } from './address.ts'

export type CommandName = 'serve' | 'call' | 'tools' | 'ipfs' | 'gc' | 'services' | 'backends' | 'doctor' | 'config'

/** A command with all that it does, or one verb of it alone. */
export type Words = CommandName | `${CommandName} ${string}`

export interface Flag {
  /** What stands after it; absent for a switch. In brackets: may be left out. */
  readonly value?: string
  readonly help: string
  readonly commands: readonly Words[]
  /** The settings that its text makes, by name. */
  readonly settings?: (text: string, cwd: string) => Readonly<Record<string, unknown>>
}

const EVERY: readonly CommandName[] = ['serve', 'call', 'tools', 'ipfs', 'gc', 'services', 'backends', 'doctor', 'config']
const WITH_TOOLS: readonly CommandName[] = ['serve', 'call', 'tools', 'config']
const WITH_FOLDERS: readonly CommandName[] = ['serve', 'call', 'doctor', 'config']

const list = (text: string): string[] => text.split(',').filter((part) => part !== '')

/** Every flag of every command: what is parsed, helped with and suggested. */
export const FLAGS: Readonly<Record<string, Flag>> = {
  http: { value: '[HOST:PORT]', help: 'serve HTTP instead of stdio (default 127.0.0.1:4280)', commands: ['serve'], settings: readAddress },
  dir: { value: 'DIR[:ro]', help: 'a folder to work on; may be repeated', commands: ['call', 'gc', 'doctor'] },
  raw: { help: 'print the content alone', commands: ['call'] },
  json: { help: 'print JSON', commands: ['tools', 'ipfs', 'gc', 'services list', 'backends', 'doctor', 'config'] },
  'dry-run': { help: 'tell what would be freed, and free nothing', commands: ['gc'] },
  'keep-within': { value: 'TIME', help: 'let go what changes of more than this ago replaced, such as 90d: undo takes them back no longer', commands: ['gc'] },
  to: { value: 'ENGINE', help: 'the engine to carry everything to: kubo or embedded', commands: ['ipfs migrate'] },
  type: { value: 'TYPE', help: 'the type of the storage', commands: ['backends add'] },
  option: { value: 'NAME=VALUE', help: 'an option of the storage; may be repeated', commands: ['backends add'] },
  mount: { value: 'PATH', help: 'mount the storage there', commands: ['backends add'] },
  expires: { value: 'TIME', help: 'how long a link is good, such as 1s, 15m or 7d (default 15m)', commands: ['backends link'] },
  upload: { help: 'a link that replaces the file, past the journal', commands: ['backends link'] },
  config: { value: 'FILE', help: 'the configuration file', commands: EVERY },
  'data-dir': {
    value: 'DIR',
    help: 'folder of the journal, the blocks and /local',
    commands: EVERY,
    settings: (text, cwd) => ({ data_dir: resolve(cwd, text) }),
  },
  engine: {
    value: 'NAME|URL',
    help: 'the IPFS engine: embedded, kubo, or the URL of a Kubo daemon',
    commands: EVERY,
    settings: (text) => ({ 'ipfs.engine': text }),
  },
  toolsets: { value: 'NAME,…', help: 'toolsets to offer (default core)', commands: WITH_TOOLS, settings: (text) => ({ toolsets: list(text) }) },
  tools: { value: 'NAME,…', help: 'tools to offer beside them', commands: WITH_TOOLS, settings: (text) => ({ 'tools.include': list(text) }) },
  'exclude-tools': { value: 'NAME,…', help: 'tools not to offer', commands: WITH_TOOLS, settings: (text) => ({ 'tools.exclude': list(text) }) },
  'read-only': { help: 'nothing can be changed', commands: WITH_FOLDERS, settings: () => ({ read_only: true }) },
  deny: {
    value: 'GLOB',
    help: 'paths that can neither be read nor changed; may be repeated',
    commands: WITH_FOLDERS,
    settings: (text) => ({ deny: [text] }),
  },
}

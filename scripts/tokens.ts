import { builtin } from '../src/registry/discover.ts'
import { declarations, type DeclaredTool } from '../src/registry/inventory.ts'
import { tokensOf } from '../src/registry/tokens.ts'

/** A model pays for every tool in every session, used or not. */
const MOST = { average: 130, all: 10_000, core: 3_000, coreTools: 20 }

const tools = [...declarations(await builtin()).values()]
const core = tools.filter((tool) => tool.core)
const sum = (of: readonly DeclaredTool[]): number => of.reduce((total, tool) => total + tokensOf(tool), 0)

for (const tool of tools.toSorted((a, b) => tokensOf(b) - tokensOf(a))) console.log(`${String(tokensOf(tool)).padStart(6)}  ${tool.name}`)
const found = { average: Math.round(sum(tools) / Math.max(1, tools.length)), all: sum(tools), core: sum(core), coreTools: core.length }
console.log(`${tools.length} tools, ${found.all} tokens, ${found.average} on average; core: ${found.coreTools} tools, ${found.core} tokens`)

const over = Object.entries(MOST).filter(([name, most]) => found[name as keyof typeof MOST] > most)
for (const [name, most] of over) console.error(`${name}: ${found[name as keyof typeof MOST]} is more than ${most}`)
process.exitCode = over.length > 0 ? 1 : 0

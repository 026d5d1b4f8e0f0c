import { changing } from './tour/changing.ts'
import { crashing } from './tour/crashing.ts'
import { engines } from './tour/engines.ts'
import { looking } from './tour/looking.ts'
import { Page } from './tour/page.ts'
import { Stage } from './tour/stage.ts'
import { storages } from './tour/storages.ts'

/** The main job on real files, through a real MCP client over stdio. What is printed has been checked. */
const page = new Page()
await using stage = await Stage.open(page)
await looking(stage)
await changing(stage)
await engines(stage)
await storages(stage)
await crashing(stage)
page.end()

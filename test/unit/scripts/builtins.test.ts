import { expect, test } from 'vitest'
import { takenDirectly } from '../../../scripts/build/builtins.ts'

test.each([
  ["import { join, posix as slashes } from 'node:path'", "const { join: join, posix: slashes } = process.getBuiltinModule('node:path')"],
  ["import {\n  open,\n  type FileHandle,\n} from 'node:fs/promises'", "const { open: open } = process.getBuiltinModule('node:fs/promises')"],
  ["import { hash as hashed } from 'node:crypto'", "const hashed = (...args) => process.getBuiltinModule('node:crypto').hash(...args)"],
  [
    "import { isIP, Socket } from 'node:net'",
    "const { Socket: Socket } = process.getBuiltinModule('node:net'); const isIP = (...args) => process.getBuiltinModule('node:net').isIP(...args)",
  ],
  ["import type { Stats } from 'node:fs'", "import type { Stats } from 'node:fs'"],
  ["import fs from 'node:fs'", "import fs from 'node:fs'"],
  ["import { z } from 'zod'", "import { z } from 'zod'"],
])('%s', (written, built) => {
  expect(takenDirectly(`${written}\nuse()`)).toBe(`${built}\nuse()`)
})

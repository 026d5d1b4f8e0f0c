// A gateway in a process of its own that replaces one file and answers; what it flushes meanwhile is watched from outside.
import { LocalBackend } from '../../../backends/local/local.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const [, , root = ''] = process.argv
await using it = await openTestVfs({ '/work': new LocalBackend({ root }) })
const path = vfsPath('/work/f')
await it.vfs.write(path, Buffer.from('the first one registers the process'), call)
process.stdout.write('asked\n')
await it.vfs.write(path, Buffer.from('replaced'), call)
process.stdout.write('answered\n')

// A process of its own that holds a name, says so, and stays.
import { Hold } from '../../../src/sqlite/hold.ts'

const [, , folder = '', name = ''] = process.argv
process.stdout.write(Hold.try(folder, name) ? 'held\n' : 'refused\n')
setInterval(() => {}, 1000)

// A process of its own that has a share of a name, says so, and stays.
import { Share } from '../../../src/sqlite/share.ts'

const [, , folder = '', name = ''] = process.argv
const share = new Share(folder, name)
process.stdout.write(share.take() ? 'shared\n' : 'refused\n')
setInterval(() => share, 1000)

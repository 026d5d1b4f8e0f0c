import type { ErrorCode } from '../../../src/core/codes.ts'

/** Old text, new text, and `all` for replace_all. */
type Step = readonly [oldText: string, newText: string, all?: 'all']

export interface EditCase {
  readonly title: string
  readonly file: string | Uint8Array
  readonly edits: readonly Step[]
  /** What the file is afterwards, byte for byte; or the error, with exactly this message. */
  readonly gives: string | Uint8Array | readonly [code: ErrorCode, message: string]
  readonly forgiven?: readonly string[]
  readonly replaced?: number
}

const ENDINGS = ['line endings']
const BLANKS = ['blanks at line ends']
const NUMBERS = ['pasted line numbers']
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const utf16le = (text: string): Uint8Array => Buffer.from(`\uFEFF${text}`, 'utf16le')
const utf16be = (text: string): Uint8Array => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()
const mixed = (...parts: readonly (string | Uint8Array)[]): Uint8Array => Buffer.concat(parts.map((part) => Buffer.from(part as string)))
const lines = (count: number, end: string): string => Array.from({ length: count }, (_, i) => `line ${i} of a file that is large${end}`).join('')
const LARGE = lines(300_000, '\n') // 10 MB
const LARGE_CRLF = lines(300_000, '\r\n')

const SOURCE = 'function add(a, b) {\n  return a + b\n}\n\nfunction sub(a, b) {\n  return a - b\n}\n'
const TABBED = 'if x:\n\tdo()\n\tdone()\n'

const c = (title: string, file: EditCase['file'], edit: Step | readonly Step[], gives: EditCase['gives'], more: Partial<EditCase> = {}): EditCase => ({
  title,
  file,
  edits: typeof edit[0] === 'string' ? [edit as Step] : (edit as readonly Step[]),
  gives,
  ...more,
})

export const EDITS: readonly EditCase[] = [
  // As it stands in the file
  c('a word', 'one two three\n', ['two', '2'], 'one 2 three\n'),
  c('a line', 'a\nb\nc\n', ['b', 'B'], 'a\nB\nc\n'),
  c('a line with its end', 'a\nb\nc\n', ['b\n', ''], 'a\nc\n'),
  c('several lines', SOURCE, ['  return a + b\n}\n', '  return b + a\n}\n'], SOURCE.replace('a + b', 'b + a')),
  c('a block made longer', 'a\nb\nc\n', ['b\n', 'b1\nb2\nb3\n'], 'a\nb1\nb2\nb3\nc\n'),
  c('a block made shorter', 'a\nb1\nb2\nb3\nc\n', ['b1\nb2\nb3', 'b'], 'a\nb\nc\n'),
  c('lines joined', 'a\nb\n', ['a\nb', 'a b'], 'a b\n'),
  c('a line split', 'a b\n', ['a b', 'a\nb'], 'a\nb\n'),
  c('text inserted before', 'b\n', ['b', 'a\nb'], 'a\nb\n'),
  c('text inserted behind', 'a\n', ['a', 'a\nb'], 'a\nb\n'),
  c('the first line', 'a\nb\n', ['a\n', 'A\n'], 'A\nb\n'),
  c('the last line', 'a\nb\n', ['b\n', 'B\n'], 'a\nB\n'),
  c('the whole file', 'a\nb\n', ['a\nb\n', 'x'], 'x'),
  c('everything removed', 'a\n', ['a\n', ''], ''),
  c('blank lines only', 'a\n\n\nb\n', ['\n\n\n', '\n'], 'a\nb\n'),
  c('umlauts', 'Größe\n', ['Größe', 'Maß'], 'Maß\n'),
  c('letters of four bytes', 'a 😀 b\n', ['😀', '🎉🎉'], 'a 🎉🎉 b\n'),
  c('composed and decomposed letters are not the same', 'e\u0301\n', ['e\u0301', '\u00E9'], '\u00E9\n'),
  c('what regular expressions take for signs', 'a.*b(c)[d]{e}^$|\\\n', ['.*b(c)[d]{e}^$|\\', '+'], 'a+\n'),
  c('what replacements take for signs', 'a\n', ['a', '$& $1 $$ $`'], '$& $1 $$ $`\n'),
  c('backslashes and escapes as they are', 'print("a\\n")\n', ['"a\\n"', '"b\\t"'], 'print("b\\t")\n'),
  c('tabs stay tabs', TABBED, ['\tdo()', '\tdo(1)'], TABBED.replace('do()', 'do(1)')),
  c('tabs to spaces where that is meant', TABBED, ['\tdo()\n', '    do()\n'], 'if x:\n    do()\n\tdone()\n'),
  c('blanks at a line end that are in both', 'a  \nb\n', ['a  \n', 'a\n'], 'a\nb\n'),
  c('no newline at the end stays so', 'a\nb', ['a', 'A'], 'A\nb'),
  c('the last line without a newline', 'a\nb', ['b', 'B'], 'a\nB'),
  c('a newline put at the end', 'a\nb', ['b', 'b\n'], 'a\nb\n'),
  c('the newline taken from the end', 'a\nb\n', ['b\n', 'b'], 'a\nb'),
  c('form feeds and other controls', 'a\fb\u0001c\n', ['b\u0001', 'x'], 'a\fxc\n'),
  c(
    'a line of a million characters',
    `${'x'.repeat(500_000)}NEEDLE${'y'.repeat(500_000)}`,
    ['NEEDLE', 'pin'],
    `${'x'.repeat(500_000)}pin${'y'.repeat(500_000)}`,
  ),
  c('a lone carriage return is a character', 'a\rb\n', ['a\rb', 'c'], 'c\n'),
  c('one line of a file with old Mac line ends', 'a\rb\rc', ['b', 'B'], 'a\rB\rc'),

  // Line endings
  c('CRLF: a word', 'a\r\nb\r\n', ['b', 'B'], 'a\r\nB\r\n'),
  c('CRLF: lines sent with LF', 'a\r\nb\r\nc\r\n', ['a\nb\n', 'A\nB\n'], 'A\r\nB\r\nc\r\n', { forgiven: ENDINGS }),
  c('CRLF: lines sent with CRLF', 'a\r\nb\r\nc\r\n', ['a\r\nb\r\n', 'A\r\nB\r\n'], 'A\r\nB\r\nc\r\n'),
  c('CRLF: one line becomes two', 'a\r\nb\r\n', ['a', 'a1\na2'], 'a1\r\na2\r\nb\r\n'),
  c('CRLF: two lines become one', 'a\r\nb\r\n', ['a\nb', 'ab'], 'ab\r\n', { forgiven: ENDINGS }),
  c('CRLF: a line removed', 'a\r\nb\r\nc\r\n', ['b\n', ''], 'a\r\nc\r\n', { forgiven: ENDINGS }),
  c('CRLF: lines added behind the last, which has no end', 'a\r\nb', ['b', 'b\nc'], 'a\r\nb\r\nc'),
  c('CRLF: all of several blocks', 'a\r\nb\r\n\r\na\r\nb\r\n', ['a\nb\n', 'c\nd\n', 'all'], 'c\r\nd\r\n\r\nc\r\nd\r\n', { forgiven: ENDINGS, replaced: 2 }),
  c('CRLF: repeated blocks are told apart', 'a\r\nb\r\na\r\nb\r\n', ['a\nb', 'x'], ['AMBIGUOUS_MATCH', 'old_string occurs 2 times in /f: at lines 1, 3']),
  c('CRLF to LF where that is meant', 'a\r\nb\r\n', ['a\r\nb', 'a\nb'], 'a\nb\r\n'),
  c('LF: lines sent with CRLF', 'a\nb\nc\n', ['a\r\nb\r\n', 'A\r\nB\r\n'], 'A\nB\nc\n', { forgiven: ENDINGS }),
  c('LF to CRLF where that is meant', 'a\nb\n', ['a', 'a\r'], 'a\r\nb\n'),
  c('mixed: in the part with CRLF', 'a\r\nb\r\nc\nd\n', ['b', 'b1\nb2'], 'a\r\nb1\r\nb2\r\nc\nd\n'),
  c('mixed: in the part with LF', 'a\r\nb\r\nc\nd\n', ['c', 'c1\nc2'], 'a\r\nb\r\nc1\nc2\nd\n'),
  c('mixed: across both', 'a\r\nb\nc\n', ['a\nb\n', 'x\ny\n'], 'x\r\ny\r\nc\n', { forgiven: ENDINGS }),
  c('no line end at all', 'abc', ['b', 'x\ny'], 'ax\nyc'),

  // Encodings
  c('a byte order mark stays', '\uFEFFa\nb\n', ['a', 'A'], '\uFEFFA\nb\n'),
  c('a byte order mark and CRLF stay', '\uFEFFa\r\nb\r\n', ['a\nb', 'A\nB'], '\uFEFFA\r\nB\r\n', { forgiven: ENDINGS }),
  c('a byte order mark can be removed', '\uFEFFa\n', ['\uFEFFa', 'a'], 'a\n'),
  c('Latin-1: bytes elsewhere stay', latin1('caf\xE9\nb\n'), ['b', 'B'], latin1('caf\xE9\nB\n')),
  c('Latin-1: its own letters', latin1('caf\xE9 au lait\n'), ['café', 'thé'], latin1('th\xE9 au lait\n')),
  c('Latin-1: CRLF', latin1('\xE9\r\nb\r\n'), ['é\nb', 'è\nb'], latin1('\xE8\r\nb\r\n'), { forgiven: ENDINGS }),
  c(
    'Latin-1: letters that it does not have. Use other characters, or write the whole file anew with vfs_write.',
    latin1('caf\xE9\n'),
    ['café', '€'],
    [
      'INVALID_ARGUMENT',
      'new text for /f has characters that its encoding, latin-1, does not have. Use other characters, or write the whole file anew with vfs_write.',
    ],
  ),
  c('UTF-8 in a file with broken bytes', mixed('gr\u00FC\u00DFe ', latin1('\xFF'), ' b\n'), ['grüße', 'hallo'], mixed('hallo ', latin1('\xFF'), ' b\n')),
  c('UTF-16, little end first', utf16le('a\nb\n'), ['b', 'B€'], utf16le('a\nB€\n')),
  c('UTF-16, big end first', utf16be('a\r\nb\r\n'), ['a\nb', 'x\ny'], utf16be('x\r\ny\r\n'), { forgiven: ENDINGS }),
  c('UTF-16: never half a unit', utf16le('\u0100\u6100\n'), ['a', 'b'], ['NO_MATCH', 'old_string is not in /f.']),
  c('UTF-16 that is broken', mixed(utf16le('a'), latin1('\x00')), ['a', 'b'], ['NOT_TEXT', '/f is not well-formed utf-16le']),
  c(
    'half a character in the new text',
    'a\n',
    ['a', '\uD800'],
    [
      'INVALID_ARGUMENT',
      'new text for /f has characters that its encoding, utf-8, does not have. Use other characters, or write the whole file anew with vfs_write.',
    ],
  ),
  c('binary', latin1('a\x00b'), ['a', 'b'], ['NOT_TEXT', '/f is binary: it holds NUL bytes']),
  c('binary further on', latin1(`${'a\n'.repeat(50_000)}\x00`), ['a', 'b'], ['NOT_TEXT', '/f is binary: it holds NUL bytes']),

  // Line numbers pasted from a read
  c('numbers: one line', 'a\nfoo()\nb\n', ['2\tfoo()', 'bar()'], 'a\nbar()\nb\n', { forgiven: NUMBERS }),
  c(
    'numbers: several lines',
    SOURCE,
    ['5\tfunction sub(a, b) {\n6\t  return a - b', 'function sub(a, b) {\n  return b - a'],
    SOURCE.replace('a - b', 'b - a'),
    { forgiven: NUMBERS },
  ),
  c('numbers: in the new text too', 'a\nb\nc\n', ['1\ta\n2\tb', '1\tA\n2\tB'], 'A\nB\nc\n', { forgiven: NUMBERS }),
  c('numbers: padded, as cat -n has them', 'a\nb\nc\n', ['     1\ta\n     2\tb\n', 'A\nB\n'], 'A\nB\nc\n', { forgiven: NUMBERS }),
  c('numbers: with an arrow', 'a\nb\nc\n', ['    2→b', 'B'], 'a\nB\nc\n', { forgiven: NUMBERS }),
  c('numbers: indentation behind them stays', '  a\n    b\n', ['1\t  a\n2\t    b', '  A\n    B'], '  A\n    B\n', { forgiven: NUMBERS }),
  c('numbers: CRLF', 'a\r\nb\r\nc\r\n', ['1\ta\n2\tb', 'A\nB'], 'A\r\nB\r\nc\r\n', { forgiven: [...NUMBERS, ...ENDINGS] }),
  c('numbers: whole lines only', 'xa\na\n', ['2\ta', 'A'], 'xa\nA\n', { forgiven: NUMBERS }),
  c('numbers that are in the file', '1\ta\n2\tb\n', ['1\ta', '1\tA'], '1\tA\n2\tb\n'),
  c(
    'numbers that do not count up are no line numbers',
    'a\nb\n',
    ['1\ta\n5\tb', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 1-2; copy these exactly:\na\nb'],
  ),

  // Blanks at line ends
  c('blanks: sent, but not in the file', 'a\nb\nc\n', ['a  \nb', 'x\ny'], 'x\ny\nc\n', { forgiven: BLANKS }),
  c('blanks: in the file, but not sent', 'a  \nb\t\nc\n', ['a\nb\nc', 'x'], 'x\n', { forgiven: BLANKS }),
  c('blanks: on an empty line', 'a\n    \nb\n', ['a\n\nb', 'a\nb'], 'a\nb\n', { forgiven: BLANKS }),
  c('blanks: sent behind the last line', 'foo\nfoobar\n', ['foo  ', 'x'], 'x\nfoobar\n', { forgiven: BLANKS }),
  c('blanks: with CRLF', 'a \r\nb\r\n', ['a\nb', 'x\ny'], 'x\r\ny\r\n', { forgiven: BLANKS }),
  c('blanks: with line numbers', 'a \nb\n', ['1\ta\n2\tb', 'x'], 'x\n', { forgiven: [...NUMBERS, ...BLANKS] }),
  c(
    'blanks: in two places',
    'a \nb\n\na  \nb\n',
    ['a\nb', 'x'],
    ['AMBIGUOUS_MATCH', 'old_string occurs 2 times in /f (blanks at line ends and the like forgiven): at lines 1, 4'],
  ),
  c('blanks: as it is goes before forgiving', 'a \nb\na\nb\n', ['a\nb', 'x'], 'a \nb\nx\n'),
  c('blanks alone are nothing to look for', 'a\nb\n', ['  \t ', 'x'], ['NO_MATCH', 'old_string is not in /f.']),

  // Indentation is never guessed
  c(
    'indentation: spaces for tabs',
    TABBED,
    ['    do()\n    done()', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 2-3 (only the indentation differs); copy these exactly:\n\tdo()\n\tdone()'],
  ),
  c(
    'indentation: less than there is',
    '    a = 1\n    b = 2\n',
    ['a = 1\nb = 2', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 1-2 (only the indentation differs); copy these exactly:\n    a = 1\n    b = 2'],
  ),
  c(
    'indentation: more than there is',
    'a = 1\n',
    ['  a = 1', '  a = 2'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 1-1 (only the indentation differs); copy these exactly:\na = 1'],
  ),

  // Several places
  c('twice', 'x\ny\nx\n', ['x', 'z'], ['AMBIGUOUS_MATCH', 'old_string occurs 2 times in /f: at lines 1, 3']),
  c('twice on one line', 'a a\n', ['a', 'b'], ['AMBIGUOUS_MATCH', 'old_string occurs 2 times in /f: at lines 1, 1']),
  c('made unique by what is around it', SOURCE, ['sub(a, b) {\n  return', 'sub(a, b) {\n  return 0 +'], SOURCE.replace('return a - b', 'return 0 + a - b')),
  c('a repeated block', '}\n\n}\n\n}\n', ['}\n', '};\n'], ['AMBIGUOUS_MATCH', 'old_string occurs 3 times in /f: at lines 1, 3, 5']),
  c(
    'many places',
    'x\n'.repeat(30),
    ['x', 'y'],
    ['AMBIGUOUS_MATCH', `old_string occurs 30 times in /f: at lines ${Array.from({ length: 20 }, (_, i) => i + 1).join(', ')} …`],
  ),
  c('all places', 'x y x\nx\n', ['x', 'z', 'all'], 'z y z\nz\n', { replaced: 3 }),
  c('all of one', 'x y\n', ['x', 'z', 'all'], 'z y\n'),
  c('all of none', 'a\n', ['x', 'z', 'all'], ['NO_MATCH', 'old_string is not in /f.']),
  c('all, side by side', 'aaaa\n', ['aa', 'b', 'all'], 'bb\n', { replaced: 2 }),
  c('all, where the new text holds the old', 'a a\n', ['a', 'aa', 'all'], 'aa aa\n', { replaced: 2 }),
  c('all removed', 'a,b,c\n', [',', '', 'all'], 'abc\n', { replaced: 2 }),

  // Several edits
  c('two edits', 'a\nb\nc\n', [['a', 'A'], ['c', 'C']], 'A\nb\nC\n', { replaced: 2 }), // prettier-ignore
  c(
    'the second upwards of the first',
    'a\nb\nc\n',
    [
      ['c', 'C\nD'],
      ['a', 'A\nA'],
    ],
    'A\nA\nb\nC\nD\n',
    { replaced: 2 },
  ),
  c(
    'the second in what the first wrote',
    'a\n',
    [
      ['a', 'x y'],
      ['y', 'z'],
    ],
    'x z\n',
    { replaced: 2 },
  ),
  c(
    'one that fails leaves all as it was',
    'a\nb\n',
    [
      ['a', 'A'],
      ['zzz', 'y'],
    ],
    ['NO_MATCH', 'edits[1].old_string is not in /f.'],
  ),
  c(
    'one that is not unique any more',
    'a\nb\n',
    [
      ['a', 'b'],
      ['b', 'c'],
    ],
    ['AMBIGUOUS_MATCH', 'edits[1].old_string occurs 2 times in /f: at lines 1, 2'],
  ),
  c(
    'what is forgiven is told once',
    'a\r\nb\r\nc\r\nd\r\n',
    [
      ['a\nb', 'A\nB'],
      ['c\nd', 'C\nD'],
    ],
    'A\r\nB\r\nC\r\nD\r\n',
    { replaced: 2, forgiven: ENDINGS },
  ),
  c(
    'edits that undo each other',
    'a\n',
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    ['NO_CHANGE', 'the edit leaves /f as it is'],
  ),

  // Nothing to find
  c('nothing to look for', 'a\n', ['', 'x'], ['INVALID_ARGUMENT', 'old_string is empty. Send the text to replace, or write the whole file with vfs_write.']),
  c(
    'more than an edit may make',
    'a'.repeat(1000),
    ['a', 'b'.repeat(100_000), 'all'],
    ['FILE_TOO_LARGE', 'the edit makes more than 64 MB of /f. Replace fewer places, or write the file anew with vfs_write.'],
  ),
  c(
    'more places than an edit may replace, all together',
    'a'.repeat(600_000),
    [
      ['a', 'b', 'all'],
      ['b', 'c', 'all'],
    ],
    ['INVALID_ARGUMENT', 'the edit replaces more than 1000000 places in /f. Replace a longer text.'],
  ),
  c('the same text', 'a\n', ['a', 'a'], ['NO_CHANGE', 'old_string and its new text are the same']),
  c('the same but for line endings that the file keeps', 'a\r\nb\r\n', ['a\nb', 'a\r\nb'], ['NO_CHANGE', 'the edit leaves /f as it is']),
  c('an empty file', '', ['a', 'b'], ['NO_MATCH', 'old_string is not in /f.']),
  c(
    'done already',
    'a\nconst x = 2\n',
    ['const x = 1', 'const x = 2'],
    ['NO_MATCH', 'old_string is not in /f. The new text stands there already, at line 2. The closest lines are 2-2; copy these exactly:\nconst x = 2'],
  ),
  c(
    'another case',
    'const Value = 1\n',
    ['const value = 1', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 1-1; copy these exactly:\nconst Value = 1'],
  ),
  c(
    'curly quotes',
    'say("hello")\n',
    ['say(“hello”)', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 1-1; copy these exactly:\nsay("hello")'],
  ),
  c(
    'a line left out in the middle',
    'a1\nb1\nc1\nd1\n',
    ['a1\nc1\nd1', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 1-4; copy these exactly:\na1\nb1\nc1\nd1'],
  ),
  c(
    'one word wrong in a block',
    SOURCE,
    ['function sub(x, b) {\n  return a - b\n}', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 5-7; copy these exactly:\nfunction sub(a, b) {\n  return a - b\n}'],
  ),
  c(
    'a part of a line, with a blank too many',
    'const a = 9\nconst b = 2\n',
    ['const  b', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 2-2; copy these exactly:\nconst b = 2'],
  ),
  c(
    'a part of a long line, with a blank missing',
    'compute()\n  const total = compute(first, second) // of both numbers that the caller has given, and of nothing else\n',
    ['compute(first,second)', 'x'],
    [
      'NO_MATCH',
      'old_string is not in /f. The closest lines are 2-2; copy these exactly:\n  const total = compute(first, second) // of both numbers that the caller has given, and of nothing else',
    ],
  ),
  c('nothing like it', 'a\nb\n', ['something completely different', 'x'], ['NO_MATCH', 'old_string is not in /f.']),
  c(
    'a newline sent that the last line does not have. Use other characters, or write the whole file anew with vfs_write.',
    'a\nlast',
    ['last\n', 'x\n'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 2-2; copy these exactly:\nlast'],
  ),

  // 10 MB
  c('10 MB: one word', LARGE, ['line 299999 ', 'row 299999 '], LARGE.replace('line 299999 ', 'row 299999 ')),
  c('10 MB: all of 300,000', LARGE, [' of a ', ' of the ', 'all'], LARGE.replaceAll(' of a ', ' of the '), { replaced: 300_000 }),
  c(
    '10 MB: lines with CRLF',
    LARGE_CRLF,
    ['line 150000 of a file that is large\nline 150001', 'x\ny'],
    LARGE_CRLF.replace('line 150000 of a file that is large\r\nline 150001', 'x\r\ny'),
    { forgiven: ENDINGS },
  ),
  c(
    '10 MB: blanks forgiven',
    LARGE.replace('149999 of a file that is large', '149999 of a file that is large  '),
    ['line 149999 of a file that is large\nline 150000', 'x\ny'],
    LARGE.replace('line 149999 of a file that is large\nline 150000', 'x\ny'),
    { forgiven: BLANKS },
  ),
  c(
    '10 MB: not there',
    LARGE,
    ['line 299999 of the file that is large', 'x'],
    ['NO_MATCH', 'old_string is not in /f. The closest lines are 3000-3000; copy these exactly:\nline 2999 of a file that is large'],
  ),
]

/** One line of a table; what would end a cell is escaped. */
export const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`

export const table = (head: readonly string[], rows: readonly string[]): string => [row(head), row(head.map(() => '---')), ...rows].join('\n')

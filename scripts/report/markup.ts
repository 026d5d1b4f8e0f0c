/** Markup that is already safe. */
interface Raw {
  readonly html: string
}
type Cell = string | number | Raw

export const raw = (html: string): Raw => ({ html })

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = heads.length === 0 ? '' : `<thead><tr>${heads.map((title) => `<th>${escape(title)}</th>`).join('')}</tr></thead>`
  return `<table>${head}<tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</tbody></table>`
}

const cell = (content: Cell): string =>
  typeof content === 'object' ? `<td>${content.html}</td>` : `<td${typeof content === 'number' ? ' class="number"' : ''}>${escape(String(content))}</td>`

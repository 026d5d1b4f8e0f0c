/** The text of the first element of that name, which holds no others. */
export function textOf(xml: string, name: string): string | undefined {
  const open = `<${name}>`
  const at = xml.indexOf(open)
  return at === -1 ? undefined : unescaped(xml.slice(at + open.length, xml.indexOf('<', at + open.length)))
}

const ESCAPED = /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(ESCAPED, (whole: string, decimal?: string, hex?: string, name = '') => {
        const code = decimal === undefined ? hex && Number.parseInt(hex, 16) : Number(decimal)
        return typeof code === 'number' ? String.fromCodePoint(code) : (NAMED[name] ?? whole)
      })
    : text

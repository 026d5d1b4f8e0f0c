const REMEMBERED = 1000 // keys

/** Keys that were listed and that no path can express: they are counted, so that nobody takes a folder for all there is. */
export class Pathless {
  readonly #keys = new Set<string>()
  #more = false

  add(key: string): void {
    if (this.#keys.size < REMEMBERED) this.#keys.add(key)
    else this.#more ||= !this.#keys.has(key)
  }

  notes(): string[] {
    const [first] = this.#keys
    if (first === undefined) return []
    const count = `${this.#more ? 'more than ' : ''}${this.#keys.size}`
    return [`keys that no path can express were left out of listings: ${count}, such as ${JSON.stringify(first)}`]
  }
}

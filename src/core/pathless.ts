const REMEMBERED = 1000 // names

/** Names that a storage holds and no listing shows, most because no path can express them: they are counted, so that nobody takes a folder for all there is. */
export class Pathless {
  readonly #what: string
  readonly #names = new Set<string>()
  #more = false

  constructor(what = 'names that no path can express') {
    this.#what = what
  }

  add(name: string): void {
    if (this.#names.size < REMEMBERED) this.#names.add(name)
    else this.#more ||= !this.#names.has(name)
  }

  notes(): string[] {
    const [first] = this.#names
    if (first === undefined) return []
    const count = `${this.#more ? 'more than ' : ''}${this.#names.size}`
    return [`${this.#what} were left out of listings: ${count}, such as ${JSON.stringify(first)}`]
  }
}

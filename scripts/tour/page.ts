/** What a person reads: a step, what the agent asked, and the part of the answer that matters. */
export class Page {
  readonly #started = performance.now()
  #steps = 0

  step(title: string): void {
    console.log(`\n${++this.#steps}. ${title}`)
  }

  asked(tool: string, args: Readonly<Record<string, unknown>>): void {
    console.log(`   → ${tool} ${shorten(JSON.stringify(args), 140)}`)
  }

  answered(text: string, lines = 6): void {
    const all = text.trimEnd().split('\n')
    for (const line of all.slice(0, lines)) console.log(`     ${shorten(line, 140)}`)
    if (lines > 0 && all.length > lines) console.log(`     … ${all.length - lines} more lines`)
  }

  note(text: string): void {
    console.log(`     ${text}`)
  }

  end(): void {
    console.log(`\nAll ${this.#steps} steps did what they say (${((performance.now() - this.#started) / 1000).toFixed(1)} s).`)
  }
}

const shorten = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

const PAGE = 1000

/**
 * Texts in their order without holding them all: each pass keeps the smallest that come after the last. `pass` gives all of
 * them every time, in any order, and some twice if it likes.
 */
export async function* inOrder(pass: () => AsyncIterable<string>, after?: string): AsyncGenerator<string> {
  for (let from = after; ;) {
    const page = await smallest(pass(), from)
    yield* page
    if (page.length < PAGE) return
    from = page.at(-1)
  }
}

async function smallest(texts: AsyncIterable<string>, after: string | undefined): Promise<string[]> {
  let kept: string[] = []
  let end: string | undefined
  for await (const text of texts) {
    if ((after !== undefined && text <= after) || (end !== undefined && text >= end)) continue
    kept.push(text)
    if (kept.length < 2 * PAGE) continue
    kept = first(kept)
    end = kept[PAGE - 1]
  }
  return first(kept)
}

const first = (texts: readonly string[]): string[] => [...new Set(texts.toSorted())].slice(0, PAGE)

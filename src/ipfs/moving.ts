import { isCode } from '../core/error.ts'

/**
 * A look at a place of a tree that others change: what stood there may be replaced, and its blocks be collected, while it is looked at.
 * Then the look is for what stands there now; what is missing of a place that stays is missing.
 */
export async function lookAt<T>(place: Place, look: (at: string) => Promise<T>): Promise<T> {
  for (let at = await place(); ;) {
    try {
      return await look(at)
    } catch (error) {
      at = await moved(error, at, place)
    }
  }
}

/** The same for the entries of a folder: those that follow the last one that was told come from what stands there now. */
export const listAt = <T extends Named>(place: Place, list: List<T>, after?: string): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: () => new Listing(place, list, after),
})

type Place = () => Promise<string>
type List<T> = (at: string, after: string | undefined) => AsyncIterable<T>

interface Named {
  readonly name: string
}

class Listing<T extends Named> implements AsyncIterator<T> {
  readonly #place: Place
  readonly #list: List<T>
  #last: string | undefined
  #at = ''
  #items: AsyncIterator<T> | undefined

  constructor(place: Place, list: List<T>, after: string | undefined) {
    this.#place = place
    this.#list = list
    this.#last = after
  }

  next(): Promise<IteratorResult<T>> {
    return this.#items ? this.#items.next().then(this.#told, this.#failed) : this.#begin()
  }

  async return(): Promise<IteratorResult<T>> {
    return (await this.#items?.return?.()) ?? { done: true, value: undefined }
  }

  async #begin(): Promise<IteratorResult<T>> {
    return this.#from(await this.#place())
  }

  #from(at: string): Promise<IteratorResult<T>> {
    this.#at = at
    this.#items = this.#list(at, this.#last)[Symbol.asyncIterator]()
    return this.next()
  }

  readonly #told = (item: IteratorResult<T>): IteratorResult<T> => {
    if (!item.done) this.#last = item.value.name
    return item
  }

  readonly #failed = async (error: unknown): Promise<IteratorResult<T>> => this.#from(await moved(error, this.#at, this.#place))
}

/** Where the tree is now; throws the error if that is where it was, or if it does not tell of something missing. */
async function moved(error: unknown, from: string, place: Place): Promise<string> {
  const now = isCode(error, 'OFFLINE', 'NO_PEERS', 'CONTENT_NOT_FOUND_IN_TIME') ? await place() : from
  if (now === from) throw error
  return now
}

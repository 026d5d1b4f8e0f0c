import type { Bucket, ListRequest, Page } from './bucket.ts'

/** The pages of a listing. Who asks for a second one goes on: from there each is asked for while the one before it is looked at. */
export async function* pages(bucket: Bucket, request: Omit<ListRequest, 'more' | 'most'>): AsyncGenerator<Page> {
  const over = new AbortController()
  const signal = request.signal ? AbortSignal.any([request.signal, over.signal]) : over.signal
  const ask = (more: string): Promise<Page> => bucket.page({ ...request, more, signal })
  try {
    const first = await bucket.page({ ...request, signal })
    yield first
    for (let next = first.more === undefined ? undefined : ask(first.more); next;) {
      const page: Page = await next
      next = page.more === undefined ? undefined : ask(page.more)
      next?.catch(() => {}) // told when its turn comes, which may be never
      yield page
    }
  } finally {
    over.abort()
  }
}

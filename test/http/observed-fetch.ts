/**
 * Sees every answer that a program in this process gets over `fetch`. It has to be imported before Clerk's clients are:
 * they take `fetch` as it is when they are loaded.
 */

export interface Seen {
  readonly method: string
  readonly url: URL
  readonly response: Response
  readonly text: string
}

const observers = new Map<string, (seen: Seen) => void>()
const plainFetch = globalThis.fetch

globalThis.fetch = async (input, init) => {
  const response = await plainFetch(input, init)
  const url = new URL(input instanceof Request ? input.url : input)
  const observe = observers.get(url.origin)
  if (observe !== undefined) {
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase()
    observe({ method, url, response, text: await response.clone().text() })
  }
  return response
}

/** @returns the way to stop */
export function observe(origin: string, observer: (seen: Seen) => void): () => void {
  observers.set(origin, observer)
  return () => void observers.delete(origin)
}

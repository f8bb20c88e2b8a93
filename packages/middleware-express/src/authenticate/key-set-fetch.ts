/**
 * Fetches the issuer's key set, with a limit on its bytes and its keys: an answer without an end must not fill the memory,
 * and a token without a key id is checked with every key. jose limits the time, which includes the reading of the body.
 */

const BYTES_MAX = 262_144
const KEYS_MAX = 100

/** As `fetch`. Rejects if the answer is too large. */
export async function fetchKeySet(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options)
  if (response.status !== 200) {
    await response.body?.cancel()
    return response
  }
  const text = await readText(response)
  const { keys } = (JSON.parse(text) ?? {}) as { readonly keys?: unknown }
  if (Array.isArray(keys) && keys.length > KEYS_MAX) {
    throw new Error(`The issuer's key set has ${keys.length} keys; at most ${KEYS_MAX} are allowed.`)
  }
  return new Response(text)
}

/** The bytes are counted after decompression. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest of the answer.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > BYTES_MAX) throw new Error(`The issuer's key set has more than ${BYTES_MAX} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

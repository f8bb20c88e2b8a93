/**
 * The one reader of query parameters: what it can't read, it refuses, because a filter that is left out widens an answer.
 *
 * A list repeats its name. `name`, `name[]` and `name[0]` are the same name, because clients write lists in these three
 * ways; the last two say that the parameter is a list, so only lists accept them.
 */

import { quoted } from '@rolesets/core'
import { failure } from './envelope.ts'

/** One value, or all: the name is repeated, or it is written with brackets. */
export type QueryValues = Readonly<Record<string, string | readonly string[]>>

/** @throws ClerkFailure */
export function readQuery(url: string): QueryValues {
  const start = url.indexOf('?')
  const found = new Map<string, string | string[]>()
  const pairs = start < 0 ? [] : pairsOf(url.slice(start + 1))
  if (pairs.length > parametersMax) {
    const message = `The query has ${pairs.length} parameters. The limit is ${parametersMax}. Send fewer.`
    throw failure('form_param_array_size_exceeded', message)
  }
  for (const [written, value] of pairs) {
    const { name, isList } = nameOf(written)
    const earlier = found.get(name)
    found.set(name, earlier === undefined && !isList ? value : [...[earlier ?? []].flat(), value])
  }
  return Object.fromEntries(found)
}

/** More than all filters of a list take together. */
const parametersMax = 2_000

function pairsOf(text: string): [string, string][] {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [decoded(pair), ''] : [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))]
    })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    const message = `The query has ${quoted(text)}, which isn't percent-encoded UTF-8. Encode it.`
    throw failure('malformed_request_parameters', message)
  }
}

function nameOf(written: string): { name: string; isList: boolean } {
  const [, name = '', brackets] = /^([^[\]]+)(\[\d*\])?$/.exec(written) ?? []
  if (name !== '') return { name, isList: brackets !== undefined }
  const message = `${quoted(written)} is not a parameter of this request. Write a list as name=a&name=b.`
  throw failure('form_param_unknown', message, written.slice(0, 100))
}

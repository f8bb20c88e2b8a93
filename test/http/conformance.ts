/** Holds an answer against the OpenAPI document that the server itself gives. */

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Seen } from './observed-fetch.ts'

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>
  >
}

/** The sentences say what is wrong with an answer; none: it is as the document says. */
export type Judge = (seen: Seen) => readonly string[]

/** The document of one build is the same for every server: a schema is compiled once. */
const judges = new Map<string, Judge>()

export function judgeBy(text: string): Judge {
  const judge = judges.get(text) ?? createJudge(JSON.parse(text) as Document)
  judges.set(text, judge)
  return judge
}

function createJudge(document: Document): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema(document, 'api')
  const validators = new Map<string, ValidateFunction>()
  const patterns = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^/v1${path.replace(/\{\w+\}/g, '[^/]+')}/?$`),
  }))
  // A fixed segment comes before a parameter, as in the router.
  patterns.sort((a, b) => (a.path.replaceAll('{', '~') < b.path.replaceAll('{', '~') ? -1 : 1))

  function validatorFor(seen: Seen): ValidateFunction | undefined {
    const found = patterns.find(({ pattern }) => pattern.test(seen.url.pathname))
    const first = Object.keys(document.paths)[0] ?? ''
    const declared = found && document.paths[found.path]?.[seen.method.toLowerCase()]
    // A request that the document doesn't describe has the answer of any failure.
    const path = declared === undefined ? first : (found?.path ?? '')
    const method = declared === undefined ? 'get' : seen.method.toLowerCase()
    const status =
      declared !== undefined && String(seen.response.status) in declared.responses
        ? String(seen.response.status)
        : 'default'
    const place = ['paths', path, method, 'responses', status, 'content', 'application/json', 'schema']
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const validator = validators.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` })
    validators.set(pointer, validator)
    return validator
  }

  return (seen) => {
    const { method, url, response, text } = seen
    const complaints: string[] = []
    const complain = (problem: string) => complaints.push(`${method} ${url.pathname} ${response.status}: ${problem}`)
    const type = response.headers.get('content-type')
    if (type !== 'application/json') complain(`the content type is ${type}`)
    if (!/^\w+:\d+$/.test(response.headers.get('rolesets-revision') ?? '')) complain('it has no revision')
    if (method === 'HEAD') return complaints
    const validate = validatorFor(seen)
    const body: unknown = JSON.parse(text)
    if (validate?.(body) === false) complain(`${ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}`)
    return complaints
  }
}

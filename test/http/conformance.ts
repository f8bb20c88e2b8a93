/**
 * Holds an answer against the OpenAPI document that the server itself gives: its body, its status, and the name of the
 * parameter in an error, which must be one of the operation's.
 */

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Seen } from './observed-fetch.ts'

interface BodySchema {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly items?: BodySchema
}

interface DescribedOperation {
  readonly parameters?: readonly { readonly name: string }[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: BodySchema } } }
  readonly responses: Readonly<Record<string, unknown>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>
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

interface Found {
  readonly path: string
  readonly method: string
  readonly operation: DescribedOperation
}

function createJudge(document: Document): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema(document, 'api')
  const validators = new Map<string, ValidateFunction>()
  const find = finderOf(document)

  function validatorFor(status: string, found: Found | undefined): ValidateFunction {
    // A request that the document doesn't describe has the answer of any failure.
    const path = found?.path ?? Object.keys(document.paths)[0] ?? ''
    const key = found !== undefined && status in found.operation.responses ? status : 'default'
    const place = ['paths', path, found?.method ?? 'get', 'responses', key, 'content', 'application/json', 'schema']
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
    const found = find(seen)
    if (found !== undefined && !(String(response.status) in found.operation.responses))
      complain('the document has no such status for this operation')
    const body: unknown = JSON.parse(text)
    const validate = validatorFor(String(response.status), found)
    if (!validate(body)) complain(`${ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}`)
    if (found !== undefined && response.status >= 400) complaints.push(...strangeNames(body, found).map(complainAbout))
    function complainAbout(name: string): string {
      return `${method} ${url.pathname} ${response.status}: ${name} is neither a parameter nor a field of this operation`
    }
    return complaints
  }
}

function finderOf(document: Document): (seen: Seen) => Found | undefined {
  const patterns = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^/v1${path.replace(/\{\w+\}/g, '[^/]+')}/?$`),
  }))
  // A fixed segment comes before a parameter, as in the router.
  patterns.sort((a, b) => (a.path.replaceAll('{', '~') < b.path.replaceAll('{', '~') ? -1 : 1))
  return ({ url, method: written }) => {
    const path = patterns.find(({ pattern }) => pattern.test(url.pathname))?.path
    const method = written.toLowerCase()
    const operation = path === undefined ? undefined : document.paths[path]?.[method]
    return operation === undefined || path === undefined ? undefined : { path, method, operation }
  }
}

interface Envelope {
  readonly errors?: readonly { readonly code: string; readonly meta?: { readonly param_name: string } }[]
}

/** The names in errors that the operation doesn't have. An unknown field has the name that the caller gave it. */
function strangeNames(body: unknown, { operation }: Found): readonly string[] {
  const schema = operation.requestBody?.content['application/json'].schema
  const known = new Set([
    ...(operation.parameters ?? []).map(({ name }) => name.toLowerCase()),
    ...Object.keys(schema?.properties ?? schema?.items?.properties ?? {}),
    ...['x-rolesets-actor', 'x-rolesets-acting-user', 'x-rolesets-grant-policy', 'prefer'],
  ])
  return ((body as Envelope | null)?.errors ?? []).flatMap(({ code, meta }) => {
    const name = meta?.param_name
    const isKnown = name === undefined || code === 'form_param_unknown' || /dry-?run/i.test(name)
    return isKnown || known.has(name.toLowerCase()) ? [] : [name]
  })
}

/**
 * Writes what a store has as files that `rolesets apply` reads. When a file would become larger than `apply` takes, another
 * part begins. A part is held in memory until it is complete, so the memory doesn't grow with the store.
 */

import {
  findManifestFaults,
  limits,
  manifestSections,
  pathText,
  withoutUnseen,
  type ManifestFault,
} from '@rolesets/core'
import type { Described, SectionName } from './described.ts'
import { manifestBytesMax } from '../../manifest/parse.ts'
import { signsMax, signsOf } from '../../manifest/scan.ts'
import { yamlText } from '../../manifest/yaml-text.ts'

export type FileForm = 'yaml' | 'json'

export interface FilePart {
  readonly text: string
  /** What was left out, because `apply` would refuse it: a sentence for each. */
  readonly omissions: readonly string[]
}

interface Entry {
  readonly described: Described
  readonly text: string
}

/** For what stands around the entries. */
const reservedBytes = 4_096
const sections = Object.keys(manifestSections) as readonly SectionName[]

/** @param things in the order of the sections of a file */
export async function* filePartsOf(
  things: AsyncIterable<Described>,
  form: FileForm,
): AsyncGenerator<FilePart, void, undefined> {
  let [part, number] = [new Part(form, 1), 1]
  for await (const described of things) {
    const entry = { described, text: entryText(described, form) }
    if (!part.hasRoomFor(entry)) {
      yield part.finish()
      part = new Part(form, ++number)
    }
    part.add(entry)
  }
  yield part.finish()
}

class Part {
  readonly #form: FileForm
  readonly #number: number
  #entries: Entry[] = []
  #bytes = reservedBytes
  #signs = 0
  #organizations = 0
  #scopes = 0

  constructor(form: FileForm, number: number) {
    this.#form = form
    this.#number = number
  }

  hasRoomFor({ text, described }: Entry): boolean {
    const isFull = described.section === 'organizations' && this.#organizations === limits.manifestOrganizationsMax
    const isFullOfScopes = this.#scopes + scopesIn(described) > limits.manifestScopesMax
    const isLarge = this.#bytes + Buffer.byteLength(text) > manifestBytesMax
    return !isFull && !isFullOfScopes && !isLarge && this.#signs + signsOf(text) <= signsMax
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += Buffer.byteLength(entry.text)
    this.#signs += signsOf(entry.text)
    this.#scopes += scopesIn(entry.described)
    if (entry.described.section === 'organizations') this.#organizations++
  }

  finish(): FilePart {
    const omissions = this.#omitFaults()
    const bySection = sections.flatMap((section) => {
      const texts = this.#entries.filter(({ described }) => described.section === section).map(({ text }) => text)
      return texts.length === 0 ? [] : [{ section, texts }]
    })
    const text =
      this.#form === 'json'
        ? `{${bySection.map(({ section, texts }) => `"${section}":[${texts.join('').slice(0, -1)}]`).join(',')}}\n`
        : bySection.map(({ section, texts }) => `${section}:\n${texts.join('')}`).join('\n')
    const title =
      this.#number > 1 && this.#form === 'yaml' ? `# Part ${this.#number}. Apply the parts in order.\n\n` : ''
    return { text: title + text, omissions }
  }

  /** Older versions allowed texts that `apply` refuses. A field that may be left out is; otherwise, the thing is. */
  #omitFaults(): readonly string[] {
    const omissions: string[] = []
    for (let faults = this.#faults(); faults.length > 0; faults = this.#faults()) {
      const faultOf = new Map(faults.map((fault) => [fault.entry, fault]))
      this.#entries = this.#entries.flatMap((entry) => {
        const fault = faultOf.get(entry)
        if (fault === undefined) return [entry]
        const { key, id = key, ...others } = entry.described.fields
        const { path, problem } = fault
        const field = String(path[2])
        const isOptional = ['name', 'description', 'slug'].includes(field)
        const left = isOptional ? 'The field is left out.' : 'The thing is left out.'
        omissions.push(`${pathText([entry.described.section, String(id)])}: ${field} ${problem} ${left}`)
        if (!isOptional) return []
        const names = key === undefined ? { id } : { key }
        const kept = Object.fromEntries(Object.entries({ ...names, ...others }).filter(([name]) => name !== field))
        const described = { ...entry.described, fields: kept }
        return [{ described, text: entryText(described, this.#form) }]
      })
    }
    return omissions
  }

  /** At most one for each entry. */
  #faults(): readonly (ManifestFault & { readonly entry: Entry })[] {
    const entriesOf = (section: SectionName) => this.#entries.filter(({ described }) => described.section === section)
    const file = Object.fromEntries(
      sections.map((section) => [section, entriesOf(section).map(({ described }) => described.fields)]),
    )
    return [...findManifestFaults(file)].flatMap((fault) => {
      const [section, index] = fault.path
      const entry = entriesOf(section as SectionName)[Number(index)]
      return entry === undefined ? [] : [{ ...fault, entry }]
    })
  }
}

function scopesIn({ fields: { scopes } }: Described): number {
  return Array.isArray(scopes) ? scopes.length : 0
}

/** With its comma in JSON. */
function entryText({ fields }: Described, form: FileForm): string {
  return form === 'json' ? `${withoutUnseen(JSON.stringify(fields))},` : yamlText([fields]).replace(/^(?=.)/gm, '  ')
}

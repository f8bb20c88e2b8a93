/** What `rolesets apply` will do, or has found, in words. */

import type { Applied, AppliedStep } from '@rolesets/client'
import { counted, listed } from '@rolesets/core'
import { impactLines, requirementLines, violationLines } from './impact.ts'
import { linesText } from './lines.ts'

const signs = { CREATE: '+', UPDATE: '~', DELETE: '-' } satisfies Record<AppliedStep['action'], string>

/** Every step on a line, what changes below it, and what it does to organizations and members. */
export function planText({ steps, leftAlone, impact }: Applied): string {
  const width = Math.max(...steps.map(({ kind }) => kind.length), 0)
  const lines = steps.flatMap(({ action, kind, key, details }) => [
    `  ${signs[action]} ${kind.padEnd(width)}  ${key}`,
    ...details.map((detail) => `      ${detail}`),
  ])
  const count = (action: AppliedStep['action']) => steps.filter((step) => step.action === action).length
  const summary = `${count('CREATE')} to create, ${count('UPDATE')} to change, ${count('DELETE')} to delete.`
  const impactText = [...impactLines(impact), ...requirementLines(impact)]
  return linesText([...lines, summary, ...impactText, ...leftAloneLines(leftAlone)])
}

/** @param refusals why it would be refused, each with its place in the file */
export function refusedText({ impact }: Applied, refusals: readonly { readonly message: string }[]): string {
  const mapped = impact.places === 0 ? 'organization' : 'organization, the scope, the kind or the default'
  const remedy = `Add mappings to the ${mapped}, or replace to the role set, in the file.`
  const isMapped = impact.requiredMappings.length === 0
  const impactText = [...impactLines(impact), ...requirementLines(impact)]
  return linesText([...violationLines(refusals), ...impactText, ...(isMapped ? [] : [remedy])])
}

export function nothingText({ leftAlone, revision }: Applied): string {
  const sentence = `Nothing to change: everything is as described (revision ${revision}).`
  return linesText([sentence, ...leftAloneLines(leftAlone)])
}

function leftAloneLines(leftAlone: readonly string[]): readonly string[] {
  if (leftAlone.length === 0) return []
  const [are, stay] = leftAlone.length === 1 ? ['is', 'stays'] : ['are', 'stay']
  return [`${counted(leftAlone.length, 'thing')} ${are} not described, and ${stay}: ${listed(leftAlone)}.`]
}

/**
 * The question of the rows that ask servers, and its right answer: may this role be granted in this organization? Every
 * other organization is on a set of its own kind, so half of the answers are no.
 */

export const roleSets = {
  'role_set:basic': ['org:admin', 'org:member'],
  'role_set:large': ['org:admin', 'org:member', 'org:analyst', 'org:billing', 'org:support', 'org:auditor'],
} as const satisfies Record<string, readonly string[]>

export const roleKeys: readonly string[] = roleSets['role_set:large']

export interface Question {
  readonly organizationId: string
  readonly role: string
}

/** Organizations in the stores of servers that have one. */
export const organizationsCount = 2_000

/** Organizations that are asked about: all of them are in memory after a moment. */
export const organizationsAsked = 1_000

export function organizationIdOf(index: number): string {
  return `org_bench_${index}`
}

export function roleSetOf(organizationIndex: number): keyof typeof roleSets {
  return organizationIndex % 2 === 0 ? 'role_set:basic' : 'role_set:large'
}

type Answered = Question & { readonly roleSet: string; readonly isAllowed: boolean }

function madeQuestion(index: number): Answered {
  const organization = index % organizationsAsked
  // One further in each pass over the organizations.
  const role = roleKeys[(index + Math.floor(index / organizationsAsked)) % roleKeys.length] ?? ''
  const roleSet = roleSetOf(organization)
  const isAllowed = (roleSets[roleSet] as readonly string[]).includes(role)
  return { organizationId: organizationIdOf(organization), role, roleSet, isAllowed }
}

/** Made before they are asked, so that only asking is measured. Every organization meets every role. */
const questions: readonly Answered[] = Array.from({ length: organizationsAsked * roleKeys.length }, (_, index) =>
  madeQuestion(index),
)

export function questionOf(index: number): Answered {
  return questions[index % questions.length] as Answered
}

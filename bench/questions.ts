/**
 * The questions for servers, and their right answers: can this role be granted in this organization? Every other
 * organization has the other one of two role sets, so half of the answers are no.
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

/** How many organizations are in the store of a server that has one. */
export const organizationsCount = 2_000

/** How many organizations are asked about. Soon all of them are in memory. */
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
  // The next role in each pass over the organizations.
  const role = roleKeys[(index + Math.floor(index / organizationsAsked)) % roleKeys.length] ?? ''
  const roleSet = roleSetOf(organization)
  const isAllowed = (roleSets[roleSet] as readonly string[]).includes(role)
  return { organizationId: organizationIdOf(organization), role, roleSet, isAllowed }
}

/** Created in advance, so that only asking is measured. Every organization is asked about with every role. */
const questions: readonly Answered[] = Array.from({ length: organizationsAsked * roleKeys.length }, (_, index) =>
  madeQuestion(index),
)

export function questionOf(index: number): Answered {
  return questions[index % questions.length] as Answered
}

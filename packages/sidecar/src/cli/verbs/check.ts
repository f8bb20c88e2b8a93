/** `rolesets check`: may this role be granted in this organization? */

import { exitCodes } from '@rolesets/core'
import type { Decision } from '@rolesets/client'
import { Option, type Command } from 'commander'
import { parseRef } from '../../domain/fields.ts'
import { parseOrganizationId, type Question } from '../../domain/questions.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { addVerb, atLeastOption, reporting, withClient } from '../run/verb.ts'

interface CheckOptions extends ConnectionOptions {
  readonly permission?: string
  readonly atLeast?: string
}

const verb = {
  usage: 'check <organization> <role>',
  summary: 'Says whether a role can be given to a member of an organization.',
  options: [new Option('--permission <key>', 'ask also whether the role holds this permission'), atLeastOption],
  notes: `
The role is a key (org:analyst) or an id. "No" is an answer, not an error: it has the exit code 1, and only it does.

Examples:
  rolesets check org_acme org:analyst
  rolesets check org_acme org:analyst --permission org:reports:read
  if rolesets check org_acme org:analyst; then …`,
}

export function addCheck(program: Command, io: Io): void {
  addVerb(program, io, verb).action((organizationId: string, role: string, options: CheckOptions) =>
    reporting(io, options, async () => {
      const question = parseTyped(organizationId, role, options.permission)
      return withClient(io, { options, keyUse: 'optional' }, async (client) => {
        const decision = await client.check(question.organizationId, question.role, {
          ...(question.permission === undefined ? {} : { permission: question.permission }),
          ...(options.atLeast === undefined ? {} : { atLeastRevision: options.atLeast }),
        })
        await io.stdout(options.json ? jsonLine(answerOf(question, decision)) : sentence(question, decision))
        return decision.allowed ? exitCodes.yes : exitCodes.no
      })
    }),
  )
}

function parseTyped(organizationId: string, role: string, permission: string | undefined): Question {
  return {
    organizationId: parseOrganizationId(organizationId, '<organization>'),
    role: parseRef(role, '<role>'),
    permission: permission === undefined ? undefined : parseRef(permission, '--permission'),
  }
}

function answerOf(question: Question, { allowed, reason, roleSet, revision }: Decision): object {
  const { organizationId, role, permission } = question
  return {
    organizationId,
    role,
    ...(permission === undefined ? {} : { permission }),
    allowed,
    reason,
    roleSet,
    revision,
  }
}

function sentence(question: Question, decision: Decision): string {
  return `${decision.allowed ? 'yes' : 'no'}: ${reasonText(question, decision)} (revision ${decision.revision})\n`
}

function reasonText({ organizationId, role, permission }: Question, { reason, roleSet }: Decision): string {
  switch (reason) {
    case 'ROLE_IN_SET':
      return `${role} is in ${roleSet}, the role set of ${organizationId}${permission === undefined ? '' : `, and holds ${permission}`}`
    case 'ROLE_NOT_IN_SET':
      return `${role} is not in ${roleSet}, the role set of ${organizationId}`
    case 'ROLE_UNKNOWN':
      return `there is no role ${role}`
    case 'ORGANIZATION_UNKNOWN':
      return `the organization ${organizationId} is not known, and unknown organizations are denied`
    case 'PERMISSION_NOT_IN_ROLE':
      return `${role} does not hold ${permission ?? 'the permission'}`
    case 'PERMISSION_UNKNOWN':
      return `there is no permission ${permission ?? ''}`
  }
}

/** The list of domains: they are parts of the rows of their organizations. */

import type { OrganizationDomain } from '@rolesets/core'
import type { DomainOfOrganization, DomainQuery } from '../../../domain/organization-domains.ts'
import type { Order, Span, Spanned } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { count, domainsOf, text, unlessNoJson } from '../rows/columns.ts'
import { organizations } from '../rows/things.ts'
import { contains, given, isChosen, isIn, where } from './conditions.ts'

const orders = { created_at: 'createdAt', name: 'name' } as const

/** A field of the domain. */
const field = (name: keyof OrganizationDomain) => `(domain.value ->> '${name}')`

interface Search {
  readonly query: DomainQuery
  readonly order: Order<'created_at' | 'name'>
  readonly span: Span
}

export async function searchDomains(
  connection: Connection,
  { query, order, span }: Search,
): Promise<Spanned<DomainOfOrganization>> {
  const { text: part, verified } = query
  const inName = part === undefined ? undefined : contains(part, field('name'))
  const condition = where([
    { sql: 'organizations.domains IS NOT NULL', values: [] },
    given('organizations.id = ?', query.organizationId),
    given(`${field('verified')} = ?`, verified === undefined ? undefined : Number(verified)),
    ...isChosen(field('enrollmentMode'), query.enrollmentModes),
    isIn(field('name'), query.names),
    inName && { sql: `organizations.id = ? OR ${inName.sql}`, values: [part ?? '', ...inName.values] },
  ])
  const from = `FROM organizations, json_each(organizations.domains) AS domain ${condition.sql}`
  const total = count(await connection.all(`SELECT count(*) AS total ${from}`, condition.values), 'total')
  const direction = order.descending ? ' DESC' : ''
  const by = `${field(orders[order.field])}${direction}, ${field('id')}${direction}`
  const sql = `SELECT organizations.*, domain.value AS found ${from} ORDER BY ${by} LIMIT ? OFFSET ?`
  const rows = await connection.all(sql, [...condition.values, span.limit, span.offset])
  const items = rows.flatMap((row) => {
    const found: unknown = unlessNoJson<unknown>('domains', () => JSON.parse(text(row, 'found')))
    const organization = organizations.thingOf(row)
    return domainsOf([found], 'domains').map((domain) => ({ organization, domain }))
  })
  return { items, total }
}

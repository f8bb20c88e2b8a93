/** Rules 19 and 22: who is an administrator where memberships have an end. */

import test from 'ava'
import { acme, codeOf, dry, end, openClinic } from './clinic.ts'
import { reading, writing } from './open-service.ts'

const needed = 'organization_minimum_permissions_needed'

test('an administrator whose time is over is none, and giving an end to the last one is refused like ending it', async (t) => {
  const { admin, clock, join } = await openClinic(t)
  const ann = { organizationId: acme, userId: 'ann' }
  await join('dan', 'org:admin', { expiresAtMs: end })
  t.is(await codeOf(admin.updateMembership({ ...ann, expiresAtMs: end }, writing())), needed)
  t.is(await codeOf(admin.deleteMembership(ann, writing())), needed, 'dan is one only for a time')
  clock.now = end
  t.is(await codeOf(admin.updateMembership({ ...ann, role: 'org:nurse' }, writing())), needed)
  const { impact } = await admin.deleteMembership(ann, writing({ dryRun: true }))
  t.deepEqual(impact.organizationIdsWithoutAdministrator, [acme])
  const { impact: given } = await admin.updateMembership({ ...ann, expiresAtMs: end + 5 }, dry())
  t.regex(
    given.violations[0]?.message ?? '',
    /"org_acme" would have no administrator .*, whose membership has no end\. Give/,
  )
  t.regex(impact.violations[0]?.message ?? '', /no member with a role that could be a creator role\. Give/)
  await join('eve', 'org:admin')
  t.is(await codeOf(admin.updateMembership({ ...ann, expiresAtMs: end + 5 }, writing())), 'done')
  t.is(await codeOf(admin.deleteMembership(ann, writing())), 'done')
})

test('where all administrators have an end, one of them stays as long as time lets it', async (t) => {
  const { admin, clock, join } = await openClinic(t)
  const [ann, dan] = ['ann', 'dan'].map((userId) => ({ organizationId: acme, userId }))
  await join('dan', 'org:admin', { expiresAtMs: end })
  const insisting = writing({ allowNoAdministrator: true })
  t.is(await codeOf(admin.updateMembership({ ...ann!, expiresAtMs: end + 5 }, insisting)), 'done')
  t.is(await codeOf(admin.deleteMembership(dan!, writing())), 'done')
  t.is(await codeOf(admin.deleteMembership(ann!, writing())), needed)
  clock.now = end + 5
  await join('eve', 'org:nurse')
  t.is(await codeOf(admin.deleteMembership({ organizationId: acme, userId: 'eve' }, writing())), 'done')
})

test('rule 19 heeds ends where roles lose permissions, and in mappings, from the side of the organizations and from that of the holders', async (t) => {
  const { admin, clock, join } = await openClinic(t)
  const { permissions } = (await admin.getRole('org:admin', reading())).value
  for (const key of ['org:owner', 'org:boss']) await admin.createRole({ key, permissions }, writing())
  await admin.addRoles({ roleSet: 'role_set:clinic', roles: ['org:owner', 'org:boss'] }, writing())
  await admin.updateMembership({ organizationId: acme, userId: 'ann', role: 'org:owner' }, writing())
  await join('dan', 'org:boss', { expiresAtMs: end })
  const lost = async () => {
    const mapping = { roleSet: 'role_set:clinic', role: 'org:owner', toRole: 'org:member' }
    const answers = [
      await admin.updateRole({ role: 'org:owner', permissions: [] }, dry()),
      await admin.replaceRole(mapping, dry()),
    ]
    return answers.map(({ impact }) => impact.organizationIdsWithoutAdministrator.join())
  }
  t.deepEqual(await lost(), [acme, acme], 'dan is one only for a time')
  await join('eve', 'org:boss')
  t.deepEqual(await lost(), ['', ''])
  for (const userId of ['fay', 'gus', 'hal']) await join(userId, 'org:owner', { id: 'org_other' })
  t.deepEqual(await lost(), ['', ''])
  await admin.updateMembership({ organizationId: acme, userId: 'eve', expiresAtMs: end }, writing())
  t.deepEqual(await lost(), [acme, acme], 'from the side of the organizations')
  await admin.updateMembership(
    { organizationId: acme, userId: 'ann', expiresAtMs: end + 5 },
    writing({ allowNoAdministrator: true }),
  )
  t.deepEqual(await lost(), ['', ''], 'ann is one only for a time, too')
  clock.now = end
  t.deepEqual(await lost(), [acme, acme])
})

test('a write of several steps is judged like one of a single step: an administrator with an end doesn’t replace one without', async (t) => {
  const { admin, clock, join } = await openClinic(t)
  const { permissions } = (await admin.getRole('org:admin', reading())).value
  for (const key of ['org:owner', 'org:boss']) await admin.createRole({ key, permissions }, writing())
  await admin.addRoles({ roleSet: 'role_set:clinic', roles: ['org:owner', 'org:boss'] }, writing())
  const ann = { organizationId: acme, userId: 'ann' }
  await admin.updateMembership({ ...ann, role: 'org:owner' }, writing())
  const manifest = {
    roles: [
      { key: 'org:owner', permissions: [] },
      { key: 'org:new', name: 'New', permissions: [] },
    ],
  }
  const lostBy = async (step: object = {}) => {
    const { impact } = await admin.apply({ manifest: { ...manifest, ...step }, prune: false }, dry())
    return impact.organizationIdsWithoutAdministrator.join()
  }
  // The first step leaves nobody, and the second one makes bob an administrator, whose membership has an end.
  const promoting = { organizations: [{ id: acme, roleSet: 'role_set:led', mappings: { 'org:nurse': 'org:boss' } }] }
  const roles = ['org:owner', 'org:boss', 'org:member', 'org:admin']
  const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await admin.createRoleSet({ key: 'role_set:led', roles, ...places }, writing())
  t.is(await lostBy(promoting), acme)
  t.is(await codeOf(admin.apply({ manifest: { ...manifest, ...promoting }, prune: false }, writing())), needed)
  await join('dan', 'org:boss', { expiresAtMs: end })
  t.is(await lostBy(), acme, 'dan is one only for a time')
  await t.throwsAsync(admin.apply({ manifest, prune: false }, writing()), {
    message: /, whose membership has no end\./,
  })
  await join('eve', 'org:boss')
  t.is(await lostBy(), '')
  await admin.deleteMembership({ organizationId: acme, userId: 'eve' }, writing())
  const insisting = writing({ allowNoAdministrator: true })
  await admin.updateMembership({ ...ann, expiresAtMs: end + 5 }, insisting)
  t.is(await lostBy(), '', 'all of them are administrators only for a time')
  t.is(await lostBy(promoting), '')
  clock.now = end
  t.is(await lostBy(), acme)
})

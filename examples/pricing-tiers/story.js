// The steps that `npm start` prints and `npm run demo` runs. Ada manages Acme. Ben joins it.

/** @type {import('@rolesets/example-run').Story} */
export const story = {
  title: 'pricing-tiers',
  folder: import.meta.dirname,
  people: {
    ada: { userId: 'user_ada', claims: { v: 2, o: { id: 'org_acme', rol: 'admin' } } },
    ben: { userId: 'user_ben', claims: { v: 2, o: { id: 'org_acme', rol: 'analyst' } } },
  },
  members: [{ organizationId: 'org_acme', userId: 'user_ada', roles: ['org:admin'] }],
  steps: [
    {
      says: 'Acme is on Free. Ada asks for the roles that she can give.',
      as: 'ada',
      request: 'GET /organizations/org_acme/roles',
      status: 200,
      answer: { role_set: 'role_set:free' },
    },
    {
      says: 'Ada makes Ben an analyst. Free has no analysts: the grant is refused.',
      as: 'ada',
      request: 'POST /organizations/org_acme/memberships',
      body: { user_id: 'user_ben', role: 'org:analyst' },
      status: 403,
      answer: { code: 'role_not_in_set', roles: ['org:analyst'], role_set: 'role_set:free' },
    },
    {
      says: 'Acme upgrades to Pro.',
      command: ['assign', 'org_acme', 'role_set:pro'],
      exitCode: 0,
    },
    {
      says: 'The same grant is accepted at once.',
      as: 'ada',
      request: 'POST /organizations/org_acme/memberships',
      body: { user_id: 'user_ben', role: 'org:analyst' },
      status: 201,
      answer: { user_id: 'user_ben', role: 'org:analyst' },
    },
    {
      says: 'Ada wants to give Ben a role that only Enterprise has: refused.',
      as: 'ada',
      request: 'PATCH /organizations/org_acme/memberships/user_ben',
      body: { role: 'org:security_admin' },
      status: 403,
      answer: { code: 'role_not_in_set', roles: ['org:security_admin'], role_set: 'role_set:pro' },
    },
    {
      says: 'Ada invites two people at once. Pro does not have one of the roles: both are refused.',
      as: 'ada',
      request: 'POST /organizations/org_acme/invitations',
      body: [
        { email: 'cleo@example.com', role: 'org:moderator' },
        { email: 'dan@example.com', role: 'org:compliance_officer' },
      ],
      status: 403,
      answer: { code: 'role_not_in_set', roles: ['org:compliance_officer'] },
    },
    {
      says: 'With roles that Pro has, both are invited.',
      as: 'ada',
      request: 'POST /organizations/org_acme/invitations',
      body: [
        { email: 'cleo@example.com', role: 'org:moderator' },
        { email: 'dan@example.com', role: 'org:member' },
      ],
      status: 202,
      answer: { invited: 2 },
    },
    {
      says: 'The token of Ben says that he is an analyst. He reads the reports.',
      as: 'ben',
      request: 'GET /organizations/org_acme/reports',
      status: 200,
    },
    {
      says: 'Acme wants to go back to Free. Who would be affected? Ben, and the invitation of Cleo: they need other roles.',
      command: ['assign', 'org_acme', 'role_set:free', '--dry-run'],
      exitCode: 1,
    },
    {
      says: 'Acme goes back to Free. Its analysts and moderators, also the invited ones, become members.',
      command: [
        ...['assign', 'org_acme', 'role_set:free'],
        ...['--map', 'org:analyst=org:member', '--map', 'org:moderator=org:member'],
      ],
      exitCode: 0,
    },
    {
      says: 'The token of Ben still says that he is an analyst. It no longer counts.',
      as: 'ben',
      request: 'GET /organizations/org_acme/reports',
      status: 403,
      answer: { code: 'role_withdrawn' },
    },
  ],
}

// The steps that `npm start` prints and `npm run demo` runs. Ada administers Globex, and Bo manages its product Billing.

const products = '/organizations/org_globex/products'
/** @param {string} role */
const claims = (role) => ({ v: 2, o: { id: 'org_globex', rol: role } })

/** @type {import('@rolesets/example-run').Story} */
export const story = {
  title: 'products',
  folder: import.meta.dirname,
  people: {
    ada: { userId: 'user_ada', claims: claims('admin') },
    bo: { userId: 'user_bo', claims: claims('member') },
    eve: { userId: 'user_eve', claims: claims('guest') },
  },
  members: [
    { organizationId: 'org_globex', userId: 'user_ada', roles: ['org:admin'] },
    { organizationId: 'org_globex', userId: 'user_bo', roles: ['org:member'] },
    { organizationId: 'org_globex', scope: 'product:billing', userId: 'user_bo', roles: ['org:billing_manager'] },
  ],
  steps: [
    {
      says: 'Bo manages the product Billing, and asks for its roles.',
      as: 'bo',
      request: `GET ${products}/billing/roles`,
      status: 200,
      answer: { scope: 'product:billing', role_set: 'role_set:billing' },
    },
    {
      says: 'Eve, an accountant from outside, becomes a clerk in Billing. In Globex she becomes a guest.',
      as: 'bo',
      request: `POST ${products}/billing/members`,
      body: { user_id: 'user_eve', role: 'org:billing_clerk' },
      status: 201,
      answer: { user_id: 'user_eve', role: 'org:billing_clerk' },
    },
    {
      says: 'Eve reads the invoices.',
      as: 'eve',
      request: 'GET /organizations/org_globex/invoices',
      status: 200,
    },
    {
      says: 'The contacts are in the product CRM, where Eve is not a member: refused.',
      as: 'eve',
      request: 'GET /organizations/org_globex/contacts',
      status: 403,
      answer: { code: 'membership_ended', scope: 'product:crm' },
    },
    {
      says: "A guest has no permission in the organization: Eve can't list its members.",
      as: 'eve',
      request: 'GET /organizations/org_globex/members',
      status: 403,
      answer: { code: 'permission_required', roles: ['org:guest'] },
    },
    {
      says: "Bo wants to give a role of CRM in Billing: refused. The roles don't mix.",
      as: 'bo',
      request: `POST ${products}/billing/members`,
      body: { user_id: 'user_ada', role: 'org:sales_agent' },
      status: 403,
      answer: { code: 'role_not_in_set', roles: ['org:sales_agent'], role_set: 'role_set:billing' },
    },
    {
      says: 'Bo wants to give that role in CRM, which Bo does not manage: refused.',
      as: 'bo',
      request: `POST ${products}/crm/members`,
      body: { user_id: 'user_ada', role: 'org:sales_agent' },
      status: 403,
      answer: { code: 'membership_ended', scope: 'product:crm' },
    },
    {
      says: 'Ada is the administrator of Globex, as her token says. That opens no product.',
      as: 'ada',
      request: 'GET /organizations/org_globex/invoices',
      status: 403,
      answer: { code: 'membership_ended', scope: 'product:billing' },
    },
    {
      says: 'There is no product "biling": a misspelt name never falls back to the roles of the organization.',
      as: 'ada',
      request: `GET ${products}/biling/roles`,
      status: 403,
      answer: { code: 'scope_unknown', scope: 'product:biling' },
    },
    {
      says: 'Globex buys an add-on: its Billing gets a role set with one role more.',
      command: ['assign', 'org_globex', 'role_set:billing_plus', '--scope', 'product:billing'],
      exitCode: 0,
    },
    {
      says: 'Bo sees the new role at once.',
      as: 'bo',
      request: `GET ${products}/billing/roles`,
      status: 200,
      answer: { role_set: 'role_set:billing_plus' },
    },
    {
      says: "Bo can't give it: Bo does not send invoices, and nobody gives a permission that they don't have.",
      as: 'bo',
      request: `POST ${products}/billing/members`,
      body: { user_id: 'user_fay', role: 'org:billing_sender' },
      status: 403,
      answer: { code: 'grant_exceeds_own', permissions: ['org:invoices:send'] },
    },
    {
      says: 'Eve leaves Globex. So she leaves its products.',
      as: 'ada',
      request: 'DELETE /organizations/org_globex/members/user_eve',
      status: 200,
    },
    {
      says: 'Her next request is refused. Her token is the same as before.',
      as: 'eve',
      request: 'GET /organizations/org_globex/invoices',
      status: 403,
      answer: { code: 'membership_ended', scope: 'product:billing' },
    },
  ],
}

// The steps that `npm start` prints and `npm run demo` runs. Dora directs St Mary's. Cara, Hugo and Noor work there.

const departments = '/hospitals/st_marys/departments'
const claims = { hospital: 'st_marys' }

/** @type {import('@rolesets/example-run').Story} */
export const story = {
  title: 'departments',
  folder: import.meta.dirname,
  people: {
    dora: { userId: 'dora', claims },
    cara: { userId: 'cara', claims },
    hugo: { userId: 'hugo', claims },
  },
  settings: { maxRolesPerMember: 3 },
  members: [
    { organizationId: 'st_marys', userId: 'dora', roles: ['org:director'] },
    ...['cara', 'hugo', 'noor'].map((userId) => ({ organizationId: 'st_marys', userId, roles: ['org:staff'] })),
    { organizationId: 'st_marys', scope: 'department:surgery', userId: 'hugo', roles: ['org:department_head'] },
  ],
  steps: [
    {
      says: 'Dora directs the hospital. Cardiology has the roles of the hospital.',
      as: 'dora',
      request: `GET ${departments}/cardiology/roles`,
      status: 200,
      answer: { scope: 'department:cardiology', role_set: 'role_set:hospital' },
    },
    {
      says: 'The pharmacy has roles of its own.',
      as: 'dora',
      request: `GET ${departments}/pharmacy/roles`,
      status: 200,
      answer: { scope: 'department:pharmacy', role_set: 'role_set:pharmacy' },
    },
    {
      says: 'Dora makes Noor a nurse in the pharmacy. The pharmacy has no nurses: refused.',
      as: 'dora',
      request: `POST ${departments}/pharmacy/staff`,
      body: { user_id: 'noor', role: 'org:nurse' },
      status: 403,
      answer: { code: 'role_not_in_set', roles: ['org:nurse'], role_set: 'role_set:pharmacy' },
    },
    {
      says: 'Dora makes Noor a pharmacist there.',
      as: 'dora',
      request: `POST ${departments}/pharmacy/staff`,
      body: { user_id: 'noor', role: 'org:pharmacist' },
      status: 201,
      answer: { user_id: 'noor', roles: ['org:pharmacist'] },
    },
    {
      says: 'Cara is a physician and heads cardiology. She has both roles.',
      as: 'dora',
      request: `POST ${departments}/cardiology/staff`,
      body: { user_id: 'cara', roles: ['org:physician', 'org:department_head'] },
      status: 201,
      answer: { user_id: 'cara', roles: ['org:physician', 'org:department_head'] },
    },
    {
      says: 'Cara writes charts, as a physician.',
      as: 'cara',
      request: `GET ${departments}/cardiology/charts`,
      status: 200,
    },
    {
      says: 'Cara also manages the roster and the staff, as the head. Noor works in cardiology, too.',
      as: 'cara',
      request: `POST ${departments}/cardiology/staff`,
      body: { user_id: 'noor', role: 'org:nurse' },
      status: 201,
      answer: { user_id: 'noor', roles: ['org:nurse'] },
    },
    {
      says: 'In the pharmacy Cara has no role: refused.',
      as: 'cara',
      request: `GET ${departments}/pharmacy/roster`,
      status: 403,
      answer: { code: 'membership_ended', scope: 'department:pharmacy' },
    },
    {
      says: "Hugo heads surgery, but he is not a physician. So he can't make anyone a physician: he lacks the permissions.",
      as: 'hugo',
      request: `POST ${departments}/surgery/staff`,
      body: { user_id: 'noor', role: 'org:physician' },
      status: 403,
      answer: { code: 'grant_exceeds_own', permissions: ['org:charts:write', 'org:orders:sign'] },
    },
    {
      says: 'Cara sees the roster of cardiology.',
      as: 'cara',
      request: `GET ${departments}/cardiology/roster`,
      status: 200,
    },
    {
      says: 'Somebody else becomes the head. Cara stays a physician.',
      as: 'dora',
      request: `PATCH ${departments}/cardiology/staff/cara`,
      body: { roles: ['org:physician'] },
      status: 200,
      answer: { user_id: 'cara', roles: ['org:physician'] },
    },
    {
      says: 'The next request of Cara is refused. Her token is the same as before.',
      as: 'cara',
      request: `GET ${departments}/cardiology/roster`,
      status: 403,
      answer: { code: 'role_withdrawn', roles: ['org:physician'] },
    },
    {
      says: 'She still writes charts.',
      as: 'cara',
      request: `GET ${departments}/cardiology/charts`,
      status: 200,
    },
    {
      says: 'Cara leaves cardiology.',
      as: 'dora',
      request: `DELETE ${departments}/cardiology/staff/cara`,
      status: 200,
    },
    {
      says: 'The charts of cardiology are closed for her at once.',
      as: 'cara',
      request: `GET ${departments}/cardiology/charts`,
      status: 403,
      answer: { code: 'membership_ended', scope: 'department:cardiology' },
    },
  ],
}

// The steps that `npm start` prints and `npm run demo` runs. Mia manages the practice in Elm Street. Sam and Noor join it.

/** @type {import('@rolesets/example-run').Story} */
export const story = {
  title: 'care-cohorts',
  folder: import.meta.dirname,
  people: {
    mia: { userId: 'mia', claims: { provider: 'elm_street', position: 'admin' } },
    noor: { userId: 'noor', claims: { provider: 'elm_street', position: 'department_head' } },
  },
  members: [],
  steps: [
    {
      says: 'Elm Street is a small practice. Mia asks for the positions that she can give.',
      as: 'mia',
      request: 'GET /providers/elm_street/positions',
      status: 200,
      answer: { role_set: 'role_set:practice' },
    },
    {
      says: 'Mia hires Sam as a nurse.',
      as: 'mia',
      request: 'POST /providers/elm_street/staff',
      body: { user_id: 'sam', position: 'nurse' },
      status: 201,
      answer: { user_id: 'sam', position: 'nurse' },
    },
    {
      says: 'Mia makes Sam a specialist. A practice has no specialists: refused.',
      as: 'mia',
      request: 'PATCH /providers/elm_street/staff/sam',
      body: { position: 'specialist' },
      status: 403,
      answer: { code: 'role_not_in_set', roles: ['org:specialist'], role_set: 'role_set:practice' },
    },
    {
      says: 'Elm Street becomes a hospital.',
      command: ['assign', 'elm_street', 'role_set:hospital'],
      exitCode: 0,
    },
    {
      says: 'The same change is accepted at once.',
      as: 'mia',
      request: 'PATCH /providers/elm_street/staff/sam',
      body: { position: 'specialist' },
      status: 200,
      answer: { user_id: 'sam', position: 'specialist' },
    },
    {
      says: 'Mia invites several people at once.',
      as: 'mia',
      request: 'POST /providers/elm_street/invitations',
      body: [
        { email: 'noor@example.com', position: 'department_head' },
        { email: 'lee@example.com', position: 'physician' },
      ],
      status: 202,
      answer: { invited: 2, positions: ['org:department_head', 'org:physician'] },
    },
    {
      says: 'One position does not exist: all invitations are refused.',
      as: 'mia',
      request: 'POST /providers/elm_street/invitations',
      body: [
        { email: 'lee@example.com', position: 'physician' },
        { email: 'max@example.com', position: 'astrologer' },
      ],
      status: 403,
      answer: { code: 'role_not_in_set', roles: ['org:astrologer'] },
    },
    {
      says: 'The token of Noor says that she is a department head. She reads the roster.',
      as: 'noor',
      request: 'GET /providers/elm_street/roster',
      status: 200,
    },
    {
      says: 'Elm Street is a practice again. If the sidecar stored the staff, --map would change their roles.',
      command: ['assign', 'elm_street', 'role_set:practice', '--map', 'org:department_head=org:physician'],
      exitCode: 0,
    },
    {
      says: 'The token of Noor still says that she is a department head. It no longer counts.',
      as: 'noor',
      request: 'GET /providers/elm_street/roster',
      status: 403,
      answer: { code: 'role_withdrawn' },
    },
  ],
}

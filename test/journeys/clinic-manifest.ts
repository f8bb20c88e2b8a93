/** The roles of the story of a clinic: what a file for `rolesets apply` would have. */

const manage = 'org:sys_memberships:manage'

export const clinicManifest = {
  permissions: [
    'charts:write',
    'orders:sign',
    'images:read',
    'medicines:dispense',
    'medicines:order',
    'rosters:manage',
  ].map((name) => ({ key: `org:${name}` })),
  roles: [
    // A director gives every role, so a director has every permission.
    {
      key: 'org:director',
      permissions: [
        ...['org:charts:write', 'org:orders:sign', 'org:images:read', 'org:medicines:dispense', 'org:medicines:order'],
        ...['org:rosters:manage', manage, 'org:sys_memberships:read', 'org:sys_profile:delete'],
      ],
    },
    { key: 'org:staff', permissions: [] },
    { key: 'org:nurse', permissions: ['org:charts:write'] },
    { key: 'org:physician', permissions: ['org:charts:write', 'org:orders:sign'] },
    { key: 'org:specialist', permissions: ['org:charts:write', 'org:orders:sign', 'org:images:read'] },
    { key: 'org:head', permissions: [manage, 'org:sys_memberships:read', 'org:rosters:manage'] },
    { key: 'org:pharmacist', permissions: ['org:medicines:dispense', 'org:medicines:order'] },
    { key: 'org:technician', permissions: ['org:medicines:dispense'] },
    { key: 'org:assistant', permissions: ['org:medicines:dispense'] },
    { key: 'org:radiographer', permissions: ['org:images:read'] },
    { key: 'org:surgeon', permissions: ['org:charts:write', 'org:orders:sign'] },
  ],
  role_sets: [
    set('hospital', ['director', 'staff', 'nurse', 'physician', 'specialist', 'head'], 'staff', 'director'),
    set('practice', ['director', 'staff', 'nurse', 'physician'], 'staff', 'director'),
    set('pharmacy', ['pharmacist', 'technician', 'head'], 'technician'),
    set('dispensary', ['pharmacist', 'assistant', 'head'], 'assistant'),
    set('radiology', ['radiographer', 'physician', 'head'], 'radiographer'),
    set('theatre', ['surgeon', 'nurse', 'head'], 'surgeon'),
    set('lab', ['technician'], 'technician'),
  ],
  // A department follows its clinic, a laboratory has one set everywhere, a project has none.
  scope_kinds: [
    { kind: 'department', fallback: 'organization' },
    { kind: 'lab', fallback: 'role_set', role_set: 'role_set:lab' },
    { kind: 'project', fallback: 'none' },
  ],
  scope_defaults: [{ scope: 'department:pharmacy', role_set: 'role_set:pharmacy' }],
  organizations: [
    {
      ...{ id: 'clinic', name: 'Clinic', role_set: 'role_set:hospital' },
      scopes: [{ key: 'department:surgery', name: 'Surgery', role_set: 'role_set:theatre' }],
    },
    { id: 'annex', name: 'Annex', role_set: 'role_set:hospital' },
  ],
}

function set(name: string, roles: readonly string[], defaultRole: string, creatorRole?: string) {
  return {
    key: `role_set:${name}`,
    roles: roles.map((role) => `org:${role}`),
    default_role: `org:${defaultRole}`,
    ...(creatorRole === undefined ? {} : { creator_role: `org:${creatorRole}` }),
  }
}

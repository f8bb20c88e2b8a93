/**
 * Every limit, in one place (rule 13). They are generous: they keep one caller from hurting all others, and no ordinary
 * application meets them. An error names the limit, its value and what was given.
 */

export const limits = {
  keyCharactersMax: 128,
  nameCharactersMax: 256,
  descriptionCharactersMax: 1_024,
  /** Ids of organizations and users. */
  idCharactersMax: 255,
  slugCharactersMax: 64,
  actorCharactersMax: 255,
  /** Of each of the two metadata objects, as UTF-8 JSON. */
  metadataBytesMax: 8_192,
  /** Objects and arrays within each other. Deeper ones don't survive the wire: a protobuf reader stops at 100 messages. */
  metadataDepthMax: 20,
  permissionsMax: 10_000,
  /** Keys of deleted and renamed permissions that are remembered. Beyond it, every unknown key counts as one of them. */
  retiredPermissionKeysMax: 10_000,
  rolesMax: 10_000,
  roleSetsMax: 10_000,
  permissionsPerRoleMax: 1_000,
  rolesPerRoleSetMax: 1_000,
  /** Of a membership or an invitation. The setting `max_roles_per_member` allows fewer. */
  rolesPerMemberMax: 10,
  scopeKindsMax: 1_000,
  scopeDefaultsMax: 10_000,
  /** Scopes of an organization that have a name, or a role set of their own. */
  scopesPerOrganizationMax: 10_000,
  /** Of a scope's key, `<kind>:<name>`: the parts and the colon. */
  scopeCharactersMax: 255,
  scopeKindCharactersMax: 64,
  scopeNameCharactersMax: 190,
  /** Mappings from role to role in one call. */
  mappingsMax: 1_000,
  /**
   * Organizations in one described state: all that one write changes travels as one message of the feed, which must stay
   * within what a client takes. Its other things have the limits of the catalogue.
   */
  manifestOrganizationsMax: 10_000,
  /** Scopes of all organizations in one described state, for the same reason. */
  manifestScopesMax: 10_000,
  /** Questions in one batch. */
  batchQuestionsMax: 10_000,
  /** Invitations in one call, all or nothing. */
  invitationsPerCallMax: 1_000,
  /** Memberships and invitations that end with one membership or one user. Like a described state, they are one message. */
  endsPerCallMax: 10_000,
  /** Members to whom one call gives former roles back: each is a change of its own, so that the history names them. */
  restoredPerCallMax: 10_000,
  /** Members and invitations that get another role in a dry run for a read key: it occupies the writer as the write would. */
  movesForReadKeyMax: 100_000,
  /** Organizations that an impact names; it counts all. */
  organizationsInImpactMax: 100,
  /** Addresses of one user in one call. */
  emailAddressesPerUserMax: 10,
  emailAddressCharactersMax: 254,
  urlCharactersMax: 2_048,
  invitationDaysMax: 365,
  invitationDaysDefault: 30,
  /** Ends of memberships, Unix milliseconds: the last moment of the year 9999, the last that a date of ISO 8601 can name. */
  membershipEndMax: 253_402_300_799_999,
  membershipsPerOrganizationMax: 1_000_000_000,
  enrollmentModesMax: 10,
  domainsPerOrganizationMax: 100,
  domainNameCharactersMax: 253,
  accessKeysMax: 1_000,
  accessKeyNameCharactersMax: 64,
  /** Values of one filter of a list. */
  filterValuesMax: 100,
  /** Things that a list by offset can pass over. */
  offsetMax: 10_000_000,
  pageSizeMax: 500,
  pageSizeDefault: 50,
} as const satisfies Readonly<Record<string, number>>

export type LimitName = keyof typeof limits

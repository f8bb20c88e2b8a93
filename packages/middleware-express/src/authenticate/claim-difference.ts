/** A claim, or a member of a token's header, that differs from what the options of `authenticate` say. */
export class ClaimDifference extends Error {
  override readonly name = 'ClaimDifference'
  readonly claim: string
  readonly expected: unknown
  readonly found: unknown

  constructor(claim: string, expected: unknown, found: unknown) {
    super(`The claim "${claim}" differs.`)
    this.claim = claim
    this.expected = expected
    this.found = found
  }
}

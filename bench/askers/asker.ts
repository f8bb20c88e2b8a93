/** Who asks, in a load process: each through the client that its server is meant to be asked with. A wrong answer ends the load. */

export interface OpenAsker {
  readonly questionsPerCall: number
  /** One call; the index says which questions. */
  readonly ask: (index: number) => Promise<void>
}

export function verify(isAllowed: boolean | undefined, expected: boolean, about: object): void {
  if (isAllowed !== expected) throw new Error(`${JSON.stringify(about)} was answered with ${String(isAllowed)}.`)
}

/** Sends the questions of a load process, with the usual client of each server. A wrong answer ends the load. */

export interface OpenAsker {
  readonly questionsPerCall: number
  /** One call. The index selects the questions. */
  readonly ask: (index: number) => Promise<void>
}

export function verify(isAllowed: boolean | undefined, expected: boolean, about: object): void {
  if (isAllowed !== expected)
    throw new Error(`${JSON.stringify(about)} was answered with ${String(isAllowed)}, which is wrong.`)
}

/**
 * A load process. Its argument says which questions it asks which server. Each line on stdin is a task; it answers with
 * a line.
 */

import { createInterface } from 'node:readline'
import { openAsker } from '../askers/open.ts'
import { closedLoad } from '../closed-load.ts'
import type { Asker, LoadCommand } from '../load.ts'
import { openLoad } from '../open-load.ts'

/** When this many calls are waiting, further ones are dropped: the server is too slow. */
const waitingMax = 1000

const asker = await openAsker(JSON.parse(process.argv[2] ?? '') as Asker)

async function carryOut(command: LoadCommand): Promise<unknown> {
  if (command.load === 'closed') return (await closedLoad({ ...command, call: asker.ask })) * asker.questionsPerCall
  return openLoad({ ...command, waitingMax, call: asker.ask })
}

await asker.ask(0)
console.log('"ready"')
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await carryOut(JSON.parse(line) as LoadCommand)))
}

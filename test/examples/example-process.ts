/** Runs a script of an example as a user does, and reads its output and exit code. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../processes/sidecar-process.ts'

interface Teardown {
  teardown(undo: () => unknown): void
}

export interface ExampleProcess {
  readonly child: ChildProcess
  /** All output so far. */
  readonly output: () => string
  /** Resolves once the text is printed; rejects if the process ends before that. */
  readonly printed: (text: string) => Promise<void>
  readonly ended: Promise<number | null>
}

export function folderOf(example: string): string {
  return fileURLToPath(new URL(`../../examples/${example}/`, import.meta.url))
}

export interface ExampleOptions {
  /** The file that the npm script of the example runs. */
  readonly script: 'start.js' | 'demo.js'
  /** Where `start.js` keeps its data, instead of the folder of the user. */
  readonly dataFolder?: string
}

export function runExample(t: Teardown, example: string, { script, dataFolder }: ExampleOptions): ExampleProcess {
  const child = spawn(process.execPath, [script], {
    cwd: folderOf(example),
    env: { ...cleanEnvironment(), EXAMPLE_DATA_FOLDER: dataFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const printed = async (text: string): Promise<void> => {
    const early = ended.then((code) => Promise.reject(new Error(`It ended (${code}) before "${text}":\n${output}`)))
    while (!output.includes(text)) await Promise.race([once(child.stdout, 'data'), early])
    early.catch(() => undefined)
  }
  return { child, output: () => output, printed, ended }
}

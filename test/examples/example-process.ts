/** Runs an example in its folder as a user does, and collects what it prints. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../processes/sidecar-process.ts'

interface Teardown {
  teardown(undo: () => unknown): void
}

export interface ExampleProcess {
  readonly child: ChildProcess
  /** Everything that it has printed so far. */
  readonly output: () => string
  /** Resolves when the text was printed. Rejects if the process ends before. */
  readonly printed: (text: string) => Promise<void>
  readonly ended: Promise<number | null>
}

export function folderOf(example: string): string {
  return fileURLToPath(new URL(`../../examples/${example}/`, import.meta.url))
}

export interface ExampleOptions {
  /** The file that the example's npm script runs. */
  readonly script: 'start.js' | 'demo.js'
  /** The folder for the data of `start.js`, so that a test does not use the user's folder. */
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

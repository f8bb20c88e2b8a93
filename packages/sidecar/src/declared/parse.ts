/**
 * Has a manifest parsed: a small one here, a large one in a thread of its own, because that takes a second, in which the sidecar
 * has calls to answer. The thread ends afterwards, so that the memory that it took is free again.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { pathText, type ParsedManifest } from '@rolesets/core'
import type { NamedFault, NamedPlace } from '../manifest/parse-files.ts'
import type { Answer, Question } from './answer.ts'
import type { FoundFile } from './look.ts'
import { ManifestProblem } from './problem.ts'

/** A thread needs longer to start than these need to be parsed. */
const bytesHereMax = 32_768

/** Several times what the largest manifest takes. A thread that needs more ends, and not the process. */
const memoryMegabytesMax = 512

/** @throws ManifestProblem for a manifest with faults; the reason of the signal */
export async function parse(files: readonly FoundFile[], signal: AbortSignal): Promise<ParsedManifest> {
  const { manifest, faults } = await ask({ files }, signal)
  if (manifest) return manifest
  throw problemOf(faults)
}

/** Where a field of the whole manifest stands, and how it is named in its own file. Undefined: in none of them. */
export async function find(
  field: string,
  files: readonly FoundFile[],
  signal: AbortSignal,
): Promise<{ readonly field: string; readonly place: NamedPlace } | undefined> {
  const { asked } = await ask({ files, field }, signal)
  return asked && { field: pathText(asked.path), place: asked.place }
}

async function ask(question: Question, signal: AbortSignal): Promise<Answer> {
  const bytes = question.files.reduce((sum, file) => sum + file.bytes.length, 0)
  if (bytes > bytesHereMax) return askThread(question, signal)
  // Loaded with the first manifest: a sidecar without one doesn't need the parser.
  const { answer } = await import('./answer.ts')
  return answer(question)
}

async function askThread(question: Question, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted()
  // The sources run with their own extension, the built files with theirs.
  const script = new URL(import.meta.url.replace(/parse(\.[jt]s)$/, 'parse-thread$1'))
  const resourceLimits = { maxOldGenerationSizeMb: memoryMegabytesMax }
  const thread = new Worker(script, { workerData: question, resourceLimits })
  try {
    // An error of the thread makes this throw.
    const [answer] = (await once(thread, 'message', { signal })) as [Answer]
    return answer
  } catch (error) {
    signal.throwIfAborted()
    const { code } = error as { readonly code?: unknown }
    if (code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error
    const message = 'The manifest needs too much memory to be parsed. Describe less.'
    throw new ManifestProblem('invalid_file', message, { cause: error })
  } finally {
    await thread.terminate()
  }
}

const faultsInMessage = 10

/** `file:line:column: what is wrong, and what to do`, as the command line says it. */
function problemOf(faults: readonly NamedFault[]): ManifestProblem {
  const [first] = faults
  const lines = faults.slice(0, faultsInMessage).map((fault) => `${placeText(fault)}${fault.message}`)
  const more = faults.length - lines.length
  const message = [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
  const open = `The manifest has ${faults.length === 1 ? 'a fault' : 'faults'}${first ? `, the first one at ${placeText(first).slice(0, -2)}` : ''}. Correct it; the log says what is wrong.`
  return new ManifestProblem('invalid_file', message, { place: first, faults, open })
}

/** `file:line:column: `. */
export function placeText({ file, line, column }: NamedPlace): string {
  return `${file}:${line}:${column}: `
}

/** The thread in which a manifest is parsed: a large one takes a second, in which the sidecar has calls to answer. */

import { parentPort, workerData } from 'node:worker_threads'
import { FileError, textOf } from '../bounded-file.ts'
import { parseManifestFiles, type ManifestText, type NamedFault } from '../manifest/parse-files.ts'
import { parsePath } from '../manifest/yaml-source.ts'
import type { Answer, Question } from './parse.ts'

// The data is what `parse.ts` starts the thread with.
parentPort?.postMessage(answer(workerData as Question))

function answer({ files, field }: Question): Answer {
  const texts: ManifestText[] = []
  const faults: NamedFault[] = []
  for (const { name, bytes } of files) {
    try {
      texts.push({ name, text: textOf(bytes, 'The file') })
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      faults.push({ file: name, line: 1, column: 1, path: '', message: error.message })
    }
  }
  if (faults.length > 0) return { manifest: undefined, faults }
  const { manifest, faults: found, find } = parseManifestFiles(texts)
  const asked = field === undefined ? undefined : find(parsePath(field))
  return { manifest: field === undefined ? manifest : undefined, faults: found, asked }
}

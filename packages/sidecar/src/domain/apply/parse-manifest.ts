/** Refuses a manifest with its first fault, before anything is planned. */

import { refusalOf } from '../fields.ts'
import {
  fileOfManifest,
  findManifestFaults,
  type Manifest,
  manifestOfFile,
  type ParsedManifest,
  pathText,
} from '@rolesets/core'

export function parseManifest(manifest: Manifest): ParsedManifest {
  const file = fileOfManifest(manifest)
  for (const { path, ...fault } of findManifestFaults(file)) throw refusalOf(pathText(path), fault)
  return manifestOfFile(file)
}

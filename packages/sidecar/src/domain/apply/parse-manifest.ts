/** Refuses a manifest with its first fault, before anything is planned. */

import { refusalOf } from '../fields.ts'
import { findManifestFaults, pathText } from '../manifest-faults.ts'
import { fileOfManifest, manifestOfFile, type Manifest, type ParsedManifest } from '../manifest.ts'

export function parseManifest(manifest: Manifest): ParsedManifest {
  const file = fileOfManifest(manifest)
  for (const { path, ...fault } of findManifestFaults(file)) throw refusalOf(pathText(path), fault)
  return manifestOfFile(file)
}

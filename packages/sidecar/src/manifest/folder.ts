/** Which files of a folder are its manifest. The sidecar and the command line read the same ones, in the same order. */

/** More files than that are not a manifest. */
export const folderFilesMax = 1_000

const fileNames = /^[^.].*\.(?:yaml|yml|json)$/

/** @param names of everything in the folder @returns those of the manifest, in the order in which they are put together */
export function manifestNamesIn(names: readonly string[]): readonly string[] {
  return names.filter((name) => fileNames.test(name)).sort(byBytes)
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

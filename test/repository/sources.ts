/** The files of the project, for tests that compare pages with them. Generated and installed files are left out. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const foreign = ['node_modules', 'dist', 'generated', 'coverage']

export function isThere(path: string): boolean {
  return existsSync(join(root, path))
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Paths from the root of the project, of all files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (!entry.isDirectory()) return [path]
    return foreign.includes(entry.name) ? [] : filesBelow(path)
  })
}

/** Names of the folders in a folder. */
export function foldersIn(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory() && !foreign.includes(entry.name)).map(({ name }) => name)
}

/** The targets of the links of a page that lead to files, without the part behind `#`. */
export function linksOf(page: string): string[] {
  const targets = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

/** Places below which a page may name a file, besides the root. */
const rooms = ['', 'packages/sidecar/src/', 'packages/core/src/', 'packages/client/src/']

/** The paths in backticks, word by word: `npx ava test/domain/roles.test.ts` names one file. */
export function pathsNamedIn(page: string): string[] {
  const words = [...read(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.split(/\s+/))
  return words.filter((word) => /^(?!node_modules)\w[\w./-]*$/.test(word) && /\/|\.(ts|md|yaml|json)$/.test(word))
}

/** Whether a path that a page names is that of a file or a folder. A room may be named without `.ts`. */
export function isNamedRightly(path: string): boolean {
  return rooms.some((room) => isThere(room + path) || isThere(`${room}${path}.ts`))
}

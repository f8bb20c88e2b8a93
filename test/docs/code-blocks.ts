/** The code that a page shows, so that tests can run it. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeBlock {
  readonly language: string
  readonly code: string
  /** The last heading before it. */
  readonly heading: string
}

/** @param page relative to the root, for example `docs/client.md` */
export async function codeBlocksOf(page: string): Promise<readonly CodeBlock[]> {
  const text = await readFile(new URL(`../../${page}`, import.meta.url), 'utf8')
  const blocks: CodeBlock[] = []
  let heading = ''
  for (const [, title, language, code] of text.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title
    else blocks.push({ language: language ?? '', code: code ?? '', heading })
  }
  return blocks
}

/** The commands of a shell block, one by one; lines that end in a backslash go on. */
export function commandsOf({ code }: CodeBlock): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Reads the code blocks of a page, so that tests can run them. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeBlock {
  readonly language: string
  readonly code: string
  /** The last heading before the block. */
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

/** The commands of a shell block. A line that ends in a backslash continues on the next one. */
export function commandsOf({ code }: CodeBlock): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
}

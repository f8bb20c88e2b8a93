/** The tests and files that a page refers to exist. */

import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { projectRoot } from './code-blocks.ts'

test('each promise names tests that exist', async (t) => {
  const page = await readFile(join(projectRoot, 'docs/guarantees.md'), 'utf8')
  const promises = page.split(/^## \d\. /m).slice(1)
  t.is(promises.length, 9)
  for (const promise of promises) {
    const tests = [...promise.matchAll(/^- `(.+?)`: (.+)$/gm)]
    t.true(tests.length > 0, promise.slice(0, 60))
    for (const [, file = '', title = ''] of tests) {
      const text = await readFile(join(projectRoot, file), 'utf8')
      if (file.endsWith('.ts')) t.true(text.includes(title), `${file}: ${title}`)
    }
  }
})

test('every link of the pages leads to a file of the project', async (t) => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(projectRoot, 'docs')).map((name) => `docs/${name}`),
  ]
  for (const page of pages.filter((name) => name.endsWith('.md'))) {
    const text = await readFile(join(projectRoot, page), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      t.true(existsSync(join(projectRoot, dirname(page), target)), `${page}: ${target}`)
    }
  }
})

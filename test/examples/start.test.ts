/** `npm start` of the pricing tiers: the commands that it prints work when they are pasted, and again after a restart. */

import { execFile } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'
import { projectRoot } from '../docs/code-blocks.ts'
import { cleanEnvironment } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { runExample } from './example-process.ts'

interface Line {
  readonly says: string
  readonly command: string
  readonly expected: string
}

/** `# 1. What happens`, the command, `# → expected answer`. */
function linesOf(output: string): readonly Line[] {
  const found = output.matchAll(/^# \d+\. (.+)\n((?:curl|npx rolesets) .+)\n# → (.+)$/gm)
  return [...found].map(([, says = '', command = '', expected = '']) => ({ says, command, expected }))
}

/** As a user would, in a terminal at the root of the repository. */
function paste(command: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd: projectRoot, env: cleanEnvironment() }, (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr })
    })
  })
}

async function pasteAll(t: ExecutionContext, lines: readonly Line[]): Promise<void> {
  for (const { says, command, expected } of lines) {
    const { exitCode, stdout, stderr } = await paste(command)
    if (command.startsWith('npx ')) {
      t.is(exitCode, expected === 'done' ? 0 : 1, `${says}\n${stderr}`)
      continue
    }
    const [, body = '', status] = /^([^]*)\n(\d{3})\n$/.exec(stdout) ?? []
    const [, expectedStatus, expectedBody] = /^(\d{3}) ?(.+)?$/.exec(expected) ?? []
    t.is(status, expectedStatus, `${says}\n${body}`)
    if (expectedBody !== undefined) t.like(JSON.parse(body), JSON.parse(expectedBody) as object, says)
  }
}

test.serial('the printed commands give the expected answers, also after a restart', async (t) => {
  const options = { script: 'start.js', dataFolder: await temporaryFolder(t) } as const
  const first = runExample(t, 'pricing-tiers', options)
  await first.printed('Ctrl-C stops both')
  const lines = linesOf(first.output())
  t.is(lines.length, 11)
  t.regex(first.output(), /^ada: eyJ\S+$/m)
  await pasteAll(t, lines.slice(2, 4))
  first.child.kill('SIGINT')
  t.is(await first.ended, 0)

  const second = runExample(t, 'pricing-tiers', options)
  await second.printed('Ctrl-C stops both')
  await pasteAll(t, linesOf(second.output()))
  second.child.kill('SIGTERM')
  t.is(await second.ended, 0)
  t.regex(second.output(), /\nStopped\.\n$/)
})

test.serial('when the application crashes, everything stops and the message says why', async (t) => {
  const example = runExample(t, 'care-cohorts', { script: 'start.js', dataFolder: await temporaryFolder(t) })
  await example.printed('Ctrl-C stops both')
  const [, pid = ''] = /^The application +\S+ +process (\d+)$/m.exec(example.output()) ?? []
  process.kill(Number(pid), 'SIGKILL')
  t.is(await example.ended, 1)
  t.regex(example.output(), /The application has ended \(SIGKILL\)\.\nEverything is stopped\.\n$/)
})

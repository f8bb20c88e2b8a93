// `npm run demo` of an example: runs all steps with new processes, and checks whether each answer is as expected.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { compareRevisions } from '@rolesets/client'
import { untilInterrupted } from './interrupt.js'
import { runRolesets } from './processes.js'
import { openStage } from './stage.js'

const timeoutMs = 10_000

/** @param {import('./index.js').Story} story */
export async function demo(story) {
  const interrupted = untilInterrupted().then(() => Promise.reject(new Error('Interrupted.')))
  interrupted.catch(() => {})
  const dataFolder = await mkdtemp(join(tmpdir(), 'rolesets-demo-'))
  let stage
  try {
    stage = await openStage(story, dataFolder)
    console.log(`${story.title}\n\n${stage.applied}\n`)
    const crash = stage.ended.then((sentence) => Promise.reject(new Error(sentence)))
    const failed = await Promise.race([play(story, stage), crash, interrupted])
    const count = story.steps.length
    console.log(
      failed === 0
        ? `All ${count} steps gave the expected answer.`
        : `${failed} of ${count} steps gave another answer.`,
    )
    process.exitCode = failed === 0 ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await stage?.close()
    await rm(dataFolder, { recursive: true, force: true })
  }
}

/**
 * @param {import('./index.js').Story} story
 * @param {import('./stage.js').Stage} stage
 * @returns {Promise<number>} the number of steps with an unexpected answer
 */
async function play(story, stage) {
  let failed = 0
  for (const [index, step] of story.steps.entries()) {
    console.log(`${index + 1}. ${step.says}`)
    const problem = await ('command' in step ? runCommand(step, stage) : sendRequest(step, stage))
    console.log(problem === undefined ? '   as expected\n' : `   UNEXPECTED: ${problem}\n`)
    if (problem !== undefined) failed++
  }
  return failed
}

/**
 * @param {import('./index.js').RequestStep} step
 * @param {import('./stage.js').Stage} stage
 */
async function sendRequest(step, { url, tokens }) {
  const [method = 'GET', path = '/'] = step.request.split(' ')
  const body = step.body === undefined ? undefined : JSON.stringify(step.body)
  console.log(`   > ${method} ${path} as ${step.as}${body === undefined ? '' : ` ${body}`}`)
  const headers = { authorization: `Bearer ${tokens[step.as]}`, 'content-type': 'application/json' }
  const response = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) })
  const text = await response.text()
  console.log(`   < ${response.status} ${text}`)
  if (response.status !== step.status) return `the status should be ${step.status}, but it is ${response.status}.`
  const answer = /** @type {Record<string, unknown>} */ (JSON.parse(text))
  const wrong = Object.entries(step.answer ?? {}).find(([name, value]) => !isDeepStrictEqual(answer[name], value))
  return wrong && `${wrong[0]} should be ${JSON.stringify(wrong[1])}.`
}

/**
 * @param {import('./index.js').CommandStep} step
 * @param {import('./stage.js').Stage} stage
 */
async function runCommand(step, { url, target, keyFile }) {
  console.log(`   $ rolesets ${step.command.join(' ')}`)
  const { exitCode, output } = await runRolesets([...step.command, '--target', target, '--key-file', keyFile])
  console.log(output.replace(/^/gm, '     '))
  if (exitCode !== step.exitCode) return `the exit code should be ${step.exitCode}, but it is ${exitCode}.`
  const [, revision] = /\(revision (\S+)\)/.exec(output) ?? []
  if (revision !== undefined) await untilReceived(revision, url)
  return undefined
}

/**
 * Waits until the application has received the change. This takes a moment, and the next request may be faster.
 *
 * @param {string} revision
 * @param {string} url
 */
async function untilReceived(revision, url) {
  const signal = AbortSignal.timeout(timeoutMs)
  for (;;) {
    const response = await fetch(`${url}/status`, { signal })
    const status = /** @type {{ revision: string }} */ (await response.json())
    if ((compareRevisions(status.revision, revision) ?? -1) >= 0) return
    await wait(10, undefined, { signal })
  }
}

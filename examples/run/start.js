// `npm start` of an example: runs everything, and prints the steps as commands to paste into another terminal.

import { join } from 'node:path'
import { untilInterrupted } from './interrupt.js'
import { openStage } from './stage.js'

/** @param {import('./index.js').Story} story */
export async function start(story) {
  const interrupted = untilInterrupted()
  const dataFolder = process.env.EXAMPLE_DATA_FOLDER ?? join(story.folder, '.data')
  try {
    const stage = await openStage(story, dataFolder).catch((error) => {
      throw new Error(`${error.message}\nTo start with an empty sidecar, delete ${dataFolder}.`)
    })
    console.log(instructionsOf(story, stage))
    const crash = stage.ended.then((sentence) => ({ sentence, graceMs: 0 }))
    const end = await Promise.race([interrupted, crash])
    await stage.close(end.graceMs)
    if (end.sentence !== undefined) throw new Error(`${end.sentence}\nEverything is stopped.`)
    console.log('Stopped.')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

/**
 * @param {import('./index.js').Story} story
 * @param {import('./stage.js').Stage} stage
 */
function instructionsOf(story, stage) {
  const steps = story.steps.map((step, index) => `# ${index + 1}. ${step.says}\n${lineOf(step, stage)}\n`)
  const tokens = Object.entries(stage.tokens).map(([name, token]) => `${name}: ${token}`)
  return `${stage.applied}

The sidecar      ${stage.target}  process ${stage.processes.sidecar}
The application  ${stage.url}  process ${stage.processes.app}
The key          ${stage.keyFile}

Tokens, valid for one day:
${tokens.join('\n')}

The steps, to paste into another terminal in this repository:

${steps.join('\n')}
Ctrl-C stops both. The next start begins the story again.`
}

/**
 * @param {import('./index.js').Step} step
 * @param {import('./stage.js').Stage} stage
 */
function lineOf(step, { url, tokens, target, keyFile }) {
  if ('command' in step) {
    const command = ['npx', 'rolesets', ...step.command, '--target', target, '--key-file', keyFile]
    return `${command.map(quoted).join(' ')}\n# → ${step.exitCode === 0 ? 'done' : `refused, exit code ${step.exitCode}`}`
  }
  const [method = 'GET', path = '/'] = step.request.split(' ')
  const parts = ['curl', '-sS', '-w', '\\n%{http_code}\\n', ...(method === 'GET' ? [] : ['-X', method]), url + path]
  if (step.body !== undefined) parts.push('-d', JSON.stringify(step.body), '-H', 'Content-Type: application/json')
  parts.push('-H', `Authorization: Bearer ${tokens[step.as]}`)
  const expected = step.answer === undefined ? '' : ` ${JSON.stringify(step.answer)}`
  return `${parts.map(quoted).join(' ')}\n# → ${step.status}${expected}`
}

/** A word, quoted for a POSIX shell if necessary. @param {string} word */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

#!/usr/bin/env node
/** The `rolesets` command: argv, environment, signals and exit codes. The only file that knows `process`. */

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { Command, CommanderError, Option } from 'commander'
import { parseConfig, printable, settings, type Config, type SettingName } from './config.ts'

/** 0: stopped as asked. */
const exitCodes = { badConfiguration: 2, failed: 1 } as const

// The library would write its own lines to stderr, where every line is JSON.
process.env['GRPC_VERBOSITY'] ??= 'NONE'
// The ready line may have no reader any more: that must not end the sidecar.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

await main()

async function main(): Promise<void> {
  const program = new Command('rolesets')
    .description('Controls which roles each organization may use.')
    .version(readVersion())
    .exitOverride()
  addServe(program)
  // `serve` should be up quickly and needs none of the other verbs.
  if (process.argv[2] !== 'serve') await addOtherVerbs(program)
  try {
    await program.parseAsync()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Commander has said what is wrong. A verb that has set its exit code keeps it.
    process.exitCode ??= error.exitCode === 0 ? 0 : exitCodes.badConfiguration
  }
}

function addServe(program: Command): void {
  const serve = program.command('serve').description('Runs the sidecar.')
  for (const { flag, variable, sentence, default: standard } of settings) {
    const defaultText = standard === undefined ? 'none' : standard
    serve.addOption(new Option(flag, `${sentence} [${variable}; default: ${defaultText}]`))
  }
  serve.option('--print-config', 'Prints the effective settings, without secrets, and ends.')
  serve.action((flags: Flags) => run(flags))
}

type Flags = Partial<Record<SettingName | 'printConfig', string | boolean>>

async function run({ printConfig, ...flags }: Flags): Promise<void> {
  const parsed = parseConfig({ flags, env: process.env, readFile: (path) => readFileSync(path, 'utf8') })
  if ('faults' in parsed) {
    for (const fault of parsed.faults) process.stderr.write(`rolesets: ${fault}\n`)
    process.exitCode = exitCodes.badConfiguration
  } else if (printConfig === true) process.stdout.write(printable(parsed.effective))
  else await serve(parsed.config)
}

/** Signals are heard from the first moment: one that comes during the start ends it as soon as there is something to end. */
async function serve(config: Config): Promise<void> {
  const asked = signalled()
  const [{ openSidecar }, { createLog }] = await Promise.all([import('./sidecar.ts'), import('./logging.ts')])
  const log = createLog({ level: config.logLevel })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => {
      log.crashed(error)
      process.exit(exitCodes.failed)
    })
  const sidecar = await openSidecar(config, { log }).catch((error: unknown) => {
    log.startFailed(error)
    process.exit(exitCodes.failed)
  })
  const { grpc, http = null, role } = sidecar
  process.stdout.write(`${JSON.stringify({ ready: true, grpc, http, role })}\n`)
  await asked
  await sidecar.close()
  process.exit(0)
}

/** Settles with the first SIGTERM or SIGINT; the second ends the process at once. */
async function signalled(): Promise<void> {
  await new Promise<void>((resolve) => {
    let count = 0
    const hear = () => (++count === 1 ? resolve() : process.exit(exitCodes.failed))
    process.on('SIGTERM', hear)
    process.on('SIGINT', hear)
  })
}

async function addOtherVerbs(program: Command): Promise<void> {
  const { addVerbs } = await import('./cli/verbs.ts')
  const ended = new AbortController()
  if (process.argv.length > 2) void signalled().then(() => ended.abort())
  addVerbs(program, {
    stdout: (text) => writeOut(text, ended),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    stdin: () => process.stdin,
    env: process.env,
    signal: ended.signal,
    clock: { nowMs: () => performance.now(), setTimer },
    setExitCode: (code) => (process.exitCode = code),
  })
}

function setTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs)
  return () => clearTimeout(timer)
}

/** A reader that has closed the pipe (`rolesets watch | head -1`) is not a failure: it has read what it wanted. */
async function writeOut(text: string, ended: AbortController): Promise<void> {
  const error = await new Promise((resolve) => process.stdout.write(text, resolve))
  if (error) ended.abort()
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}

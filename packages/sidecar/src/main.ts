#!/usr/bin/env node
/** The `rolesets` command: argv, environment, signals and exit codes. The only file that knows `process`. */

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { addAbortSignal } from 'node:stream'
import { Command, CommanderError, Option } from 'commander'
import { hearUsage } from './cli/run/usage.ts'
import { parseConfig, printable, settings, type Config, type SettingName } from './config.ts'
import { onOneLine } from '@rolesets/core'
import { Redaction } from './redaction.ts'

/** 0: stopped as asked. */
const exitCodes = { badConfiguration: 2, failed: 1, unanswered: 3 } as const

// The library would write its own lines to stderr, where every line is JSON.
process.env['GRPC_VERBOSITY'] ??= 'NONE'
// Node's advice to developers, for example about a TLS target that is an IP address, is not for users.
process.noDeprecation = true
// The ready line may have no reader any more: that must not end the sidecar.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const args = process.argv.slice(2)
const redaction = new Redaction()
const ended = new AbortController()
const io = {
  args,
  stdout: (text: string) => writeOut(text),
  bytes: writeBytes,
  stderr: (text: string) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY,
  stdin: () => addAbortSignal(ended.signal, process.stdin),
  env: process.env,
  signal: ended.signal,
  clock: { nowMs: () => performance.now(), setTimer },
  setExitCode: (code: number) => (process.exitCode = code),
}
const clean = { ...io, stderr: (text: string) => io.stderr(redaction.clean(text)) }

await main()

async function main(): Promise<void> {
  const program = new Command('rolesets').description('Controls which roles each organization may use.')
  program.version(readVersion())
  redaction.hideArguments(args)
  try {
    addServe(program)
    // `serve` should be up quickly and needs none of the other verbs.
    if (args[0] !== 'serve') await addOtherVerbs(program)
    if (args.length > 0) await program.parseAsync()
    else {
      process.stderr.write(redaction.clean(program.helpInformation()))
      process.exitCode = exitCodes.badConfiguration
    }
  } catch (error) {
    // What is wrong with the command line was reported, with its exit code.
    if (error instanceof CommanderError) process.exitCode ??= error.exitCode === 0 ? 0 : exitCodes.badConfiguration
    else {
      clean.stderr(`rolesets: Unexpected error: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = exitCodes.unanswered
    }
  }
}

function addServe(program: Command): void {
  const serve = hearUsage(program.command('serve').description('Runs the sidecar.'), {
    ...clean,
    stdout: (text) => io.stdout(redaction.clean(text)),
  })
  for (const { flag, variable, sentence, default: standard } of settings) {
    const defaultText = standard === undefined ? 'none' : standard
    serve.addOption(new Option(flag, `${sentence} [${variable}; default: ${defaultText}]`))
  }
  serve.option('--print-config', 'Prints the effective settings, without secrets, and ends.')
  serve.action((flags: Flags) => run(flags))
}

type Flags = Partial<Record<SettingName | 'printConfig', string | boolean>>

async function run({ printConfig, ...flags }: Flags): Promise<void> {
  hideKeys(flags)
  const parsed = parseConfig({ flags, env: process.env, readFile: (path) => readFileSync(path, 'utf8') })
  if ('faults' in parsed) {
    for (const fault of parsed.faults) clean.stderr(`rolesets: ${onOneLine(fault)}\n`)
    process.exitCode = exitCodes.badConfiguration
  } else if (printConfig === true) process.stdout.write(redaction.clean(printable(parsed.effective)))
  else await serve(parsed.config)
}

/** Whatever is wrong with the settings, and whatever the log quotes later: the keys among them are not shown. */
function hideKeys(flags: Flags): void {
  for (const { name, variable, secret } of settings) {
    if (!secret) continue
    for (const value of [flags[name], process.env[variable]]) if (typeof value === 'string') redaction.hide(value)
  }
}

/** Signals are heard from the first moment: one that comes during the start ends it as soon as there is something to end. */
async function serve(config: Config): Promise<void> {
  for (const key of [config.secretKey, config.readKey]) redaction.hide(key)
  const asked = signalled()
  const [{ openSidecar }, { createLog }] = await Promise.all([import('./sidecar.ts'), import('./logging.ts')])
  const log = createLog({ level: config.logLevel, redaction })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => {
      log.crashed(error)
      process.exit(exitCodes.failed)
    })
  const stop = new AbortController()
  void asked.then(() => stop.abort())
  // A migration that takes longer is cut off, which is as safe as a power failure.
  const cutOff = asked.then(() => rejected(config.shutdownGraceMs))
  const opened = openSidecar(config, { log, signal: stop.signal })
  const sidecar = await Promise.race([opened, cutOff]).catch((error: unknown) => {
    if (stop.signal.aborted) {
      log.stopped()
      process.exit(0)
    }
    log.startFailed(error)
    process.exit(exitCodes.failed)
  })
  const { grpc, http = null, probe, role } = sidecar
  if (await Promise.race([sidecar.whenReady(), asked.then(() => false)]))
    process.stdout.write(redaction.clean(`${JSON.stringify({ ready: true, grpc, http, probe, role })}\n`))
  await asked
  await sidecar.close()
  process.exit(0)
}

async function rejected(afterMs: number): Promise<never> {
  return new Promise((_resolve, reject) => setTimeout(reject, afterMs))
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
  if (args.length > 0) void signalled().then(() => ended.abort())
  addVerbs(program, io, redaction)
}

function setTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs)
  return () => clearTimeout(timer)
}

/** A reader that has closed the pipe (`rolesets watch | head -1`) is not a failure: it has read what it wanted. */
async function writeOut(text: string): Promise<void> {
  const error = await new Promise((resolve) => process.stdout.write(text, resolve))
  if (error) ended.abort()
}

async function writeBytes(chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}

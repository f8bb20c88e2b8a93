/** The sign of life of a command that takes long, on a clock that the test turns. */

import test from 'ava'
import type { Io } from '../../packages/sidecar/src/cli/run/io.ts'
import { withProgress, type ReportProgress } from '../../packages/sidecar/src/cli/run/progress.ts'

const clear = '\r\u001b[K'

/** Work that goes on until the test ends it, and what stands on standard error meanwhile. */
function begin({ isTerminal, json }: { isTerminal: boolean; json?: true }) {
  let nowMs = 0
  let timers: { readonly atMs: number; readonly callback: () => void }[] = []
  const told: string[] = []
  const io: Pick<Io, 'stderr' | 'clearLine' | 'isTerminal' | 'clock'> = {
    stderr: (text) => told.push(text),
    clearLine: () => told.push(clear),
    isTerminal,
    clock: {
      nowMs: () => nowMs,
      setTimer: (delayMs, callback) => {
        const timer = { atMs: nowMs + delayMs, callback }
        timers.push(timer)
        return () => (timers = timers.filter((each) => each !== timer))
      },
    },
  }
  const { promise: end, resolve: finish, reject: fail } = promiseOf<string>()
  let tell: ReportProgress = () => undefined
  let hide = () => {}
  const work = withProgress(io as Io, json === undefined ? {} : { json }, (given, hideLine) => {
    tell = given
    hide = hideLine
    return end
  })
  const pass = (ms: number) => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs++) {
      const due = timers.filter(({ atMs }) => atMs <= nowMs + 1)
      timers = timers.filter((timer) => !due.includes(timer))
      for (const { callback } of due) callback()
    }
  }
  return {
    told,
    pass,
    finish,
    fail,
    work,
    tell: (what: string) => tell(what),
    hide: () => hide(),
    timers: () => timers.length,
  }
}

function promiseOf<T>() {
  const parts = {} as { resolve: (value: T) => void; reject: (reason: unknown) => void }
  const promise = new Promise<T>((resolve, reject) => Object.assign(parts, { resolve, reject }))
  return { promise, ...parts }
}

test('work that is done within a second leaves no trace', async (t) => {
  for (const isTerminal of [true, false]) {
    const { told, pass, finish, work, timers } = begin({ isTerminal })
    pass(999)
    finish('done')
    t.is(await work, 'done')
    t.deepEqual(told, [])
    t.is(timers(), 0, 'nothing keeps the process alive')
  }
})

test('on a terminal one line is written over every second, and is gone in the end', async (t) => {
  const { told, pass, finish, work, timers } = begin({ isTerminal: true })
  pass(3_000)
  t.deepEqual(
    told,
    [1, 2, 3].flatMap((seconds) => [clear, `rolesets: still working, ${seconds} s …`]),
  )
  finish('done')
  await work
  t.is(told.at(-1), clear)
  t.is(timers(), 0)
})

test('in a log the line comes after a second and then every five', async (t) => {
  const { told, pass, finish, work } = begin({ isTerminal: false })
  pass(12_000)
  finish('done')
  await work
  t.deepEqual(
    told,
    [1, 6, 11].map((seconds) => `rolesets: still working, ${seconds} s …\n`),
  )
})

test('the line says what is being done, once that is known', async (t) => {
  const { told, pass, tell, finish, work } = begin({ isTerminal: false })
  tell('4000 memberships seen')
  pass(1_000)
  finish('done')
  await work
  t.deepEqual(told, ['rolesets: 4000 memberships seen, 1 s …\n'])
})

test('on a terminal the line makes room for what is printed, and comes back', async (t) => {
  const { told, pass, hide, finish, work } = begin({ isTerminal: true })
  hide()
  t.deepEqual(told, [])
  pass(1_000)
  hide()
  hide()
  t.is(told.filter((text) => text === clear).length, 2, 'there was one line to write over, and one to take away')
  pass(1_000)
  t.is(told.at(-1), 'rolesets: still working, 2 s …')
  finish('done')
  await work
})

test('programs that read JSON are told nothing', async (t) => {
  const { told, pass, finish, work } = begin({ isTerminal: true, json: true })
  pass(60_000)
  finish('done')
  await work
  t.deepEqual(told, [])
})

test('the line is gone before a failure is told', async (t) => {
  const { told, pass, fail, work, timers } = begin({ isTerminal: true })
  pass(1_000)
  fail(new Error('the sidecar is away'))
  await t.throwsAsync(work, { message: 'the sidecar is away' })
  t.is(told.at(-1), clear)
  t.is(timers(), 0)
})

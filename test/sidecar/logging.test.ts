import test from 'ava'
import { createLog } from '../../packages/sidecar/src/logging.ts'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'

interface Line {
  readonly level: string
  readonly message: string
  readonly [name: string]: unknown
}

function openLog(level: string) {
  const lines: Line[] = []
  const clock = { nowMs: 0 }
  const log = createLog({
    level,
    redaction: new Redaction(),
    write: (line) => lines.push(JSON.parse(line) as Line),
    now: () => clock.nowMs,
  })
  return { log, lines, clock }
}

test('an error is logged with its stack and its cause, a foreseen one with its code and sentence', (t) => {
  const { log, lines } = openLog('info')
  log.callFailed({ method: '/rolesets.v1.Decisions/Check', error: new Error('outer', { cause: new Error('inner') }) })
  log.startFailed(Object.assign(new Error('The port is taken.'), { code: 'listen' }))
  const [failed, start] = lines
  t.like(failed, { level: 'error', method: '/rolesets.v1.Decisions/Check' })
  t.regex(JSON.stringify(failed?.['err']), /outer.*inner/)
  t.like(start, { level: 'fatal', code: 'listen', message: "The sidecar can't start: The port is taken." })
  t.is(start?.['err'], undefined)
})

test('refused calls are told at most once a second, with how many were left out', (t) => {
  const { log, lines, clock } = openLog('warn')
  const refuse = () => log.accessRefused({ method: '/m', code: 'key_required' })
  refuse()
  refuse()
  refuse()
  t.is(lines.length, 1)
  clock.nowMs = 1_000
  refuse()
  t.deepEqual(
    lines.map((line) => line['left_out']),
    [0, 2],
  )
})

test("what is below the level isn't logged", (t) => {
  const { log, lines } = openLog('error')
  log.stopping()
  log.committed({ revision: 1, operation: 'CreateRole', actor: 'a', changes: 1 })
  log.certificatesInvalid(new Error('no'))
  t.deepEqual(
    lines.map(({ level }) => level),
    ['error'],
  )
})

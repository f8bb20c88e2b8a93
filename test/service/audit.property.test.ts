/**
 * What explain tells of a time is what was answered at that time: random histories of writes under a moving clock, every
 * question about an organization or a scope of it asked after each write and kept, and then asked again about the past.
 */

import test from 'ava'
import fc from 'fast-check'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import type { Explanation } from '../../packages/sidecar/src/service/audit/audit.ts'
import {
  askedScopes,
  attempt,
  history,
  historyWithScopes,
  organizations,
  roles,
  startMs as start,
  type Step,
} from './audit-histories.ts'
import { openTestService, reading, type OpenedService } from './open-service.ts'

interface Asked {
  readonly organizationId: string
  readonly scope: string
  readonly role: string
}

interface Moment {
  readonly time: number
  readonly revision: string
  /** `allowed reason role_set`, by question. */
  readonly answers: ReadonlyMap<string, string>
}

interface Live {
  readonly steps: readonly Step[]
  readonly asked: readonly Asked[]
}

const keyOf = ({ organizationId, scope, role }: Asked) => `${organizationId} ${scope} ${role}`

function questionsAbout(scopes: readonly string[], roles: readonly string[]): readonly Asked[] {
  return organizations.flatMap((organizationId) =>
    scopes.flatMap((scope) => roles.map((role) => ({ organizationId, scope, role }))),
  )
}

/** Runs the writes; those that are refused change nothing. Of writes at one time the last one counts. */
async function live(opened: OpenedService, clock: { now: number }, { steps, asked }: Live) {
  const moments: Moment[] = []
  const observe = async () => {
    const { results, revision } = await opened.service.decisions.batchCheck(asked, reading())
    const answers = asked.map((question, place) => {
      const { allowed, reason, roleSet } = results[place] ?? {}
      return [keyOf(question), `${allowed} ${reason} ${roleSet}`] as const
    })
    moments.push({ time: clock.now, revision, answers: new Map(answers) })
  }
  await observe()
  for (const { write, pause } of steps) {
    clock.now += pause
    await attempt(opened.admin, write)
    await observe()
  }
  return moments
}

/** How often organizations have moved with all of their set. */
async function movesIn({ store }: OpenedService): Promise<number> {
  const changeSets = await store.changesAfter(0, 1_000)
  const moves = changeSets.flatMap(({ changes }) => changes.filter(({ verb }) => verb === 'moved'))
  return moves.length
}

const scopeReasons = ['SCOPE_KIND_UNKNOWN', 'SCOPE_UNASSIGNED', 'ROLE_IN_SET', 'ROLE_NOT_IN_SET']

const numberOf = (revision: string) => Number(revision.split(':')[1])

/** The cause is the newest of all facts of the answer: since then the answer has been the same. */
function isSameSince(moments: readonly Moment[], question: string, { because, revision }: Explanation): boolean {
  const from = because === undefined ? 0 : numberOf(because.revision)
  const since = moments.filter((moment) => {
    const number = numberOf(moment.revision)
    return from <= number && number <= numberOf(revision)
  })
  const answers = since.map(({ answers }) => answers.get(question)?.split(' ').slice(0, 2).join(' '))
  return from <= numberOf(revision) && new Set(answers).size === 1
}

const subjects = {
  organizations: { histories: history, asked: questionsAbout([''], roles), movesMin: 2, runs: 4 },
  scopes: {
    histories: historyWithScopes,
    asked: questionsAbout(askedScopes, ['org:member', 'org:a']),
    movesMin: 0,
    runs: 2,
  },
}

for (const unknownOrganizations of ['initial', 'deny'] as const) {
  for (const isForgetful of [false, true]) {
    for (const [about, { histories, asked, movesMin, runs }] of Object.entries(subjects)) {
      const kept = isForgetful ? 'a part of the history' : 'all of the history'
      const title = `what explain tells of ${about} at a time is what was answered then (unknown: ${unknownOrganizations}; with ${kept})`
      test(title, async (t) => {
        let answered = 0
        let unanswered = 0
        let moves = 0
        const reasons = new Set<string>()
        const property = fc.asyncProperty(histories, fc.nat({ max: 30 }), async (steps, count) => {
          const clock = { now: start }
          const opened = await openTestService(t, { unknownOrganizations, now: () => clock.now })
          const moments = await live(opened, clock, { steps, asked })
          moves += await movesIn(opened)
          if (isForgetful) await opened.store.compact({ newerThan: 0, count: count + 1 })
          const oldest = (await opened.store.read((reader) => reader.historyAnchor())).value.revision + 1
          for (let time = start; time <= clock.now + 1; time++) {
            const expected = moments.findLast((moment) => moment.time <= time)
            if (expected === undefined) return
            for (const question of asked) {
              const key = keyOf(question)
              const explaining = opened.admin.explain({ ...question, atMs: time }, reading())
              const explained = await explaining.catch((error: unknown) => {
                if (!isForgetful || !(error instanceof Refusal) || error.field !== 'at_ms') throw error
                return undefined
              })
              if (explained === undefined && numberOf(expected.revision) >= oldest) unanswered++
              if (explained === undefined) continue
              answered++
              const { allowed, reason, roleSet, revision } = explained
              reasons.add(reason)
              t.is(`${allowed} ${reason} ${roleSet}`, expected.answers.get(key) ?? '', key)
              t.is(revision, expected.revision)
              const seen = moments.filter((moment) => numberOf(moment.revision) >= oldest)
              t.true(isSameSince(seen, key, explained), `${key} at ${time - start}: ${explained.explanation}`)
            }
          }
        })
        await fc.assert(property, { numRuns: isForgetful ? runs + 1 : runs })
        t.true(answered > 300)
        t.true(moves >= movesMin, `${moves} moves`)
        if (about === 'scopes') for (const reason of scopeReasons) t.true(reasons.has(reason), reason)
        // Only a place that was moved with all of its set, and that no kept write names, is in doubt.
        t.true(unanswered < answered / 10, `${unanswered} of ${answered}`)
      })
    }
  }
}

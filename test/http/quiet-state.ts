/** What the metrics of a sidecar read in which nothing has happened yet. */

import type { StateSource } from '../../packages/sidecar/src/http/metrics-source.ts'

export const quietState: StateSource = {
  health: () => ({ started: true, ready: true, fresh: true }),
  readOnly: false,
  headRevision: () => 1,
  stalenessMs: () => 0,
  cache: () => ({ organizations: 0, hits: 0, misses: 0 }),
  diskUsage: () => Promise.resolve({ database: 0, log: 0, free: 0 }),
  history: () => ({ countMax: 1, ageMsMax: 1, compactionFailures: 0, compactedAt: undefined, kept: undefined }),
}

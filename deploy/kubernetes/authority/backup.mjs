// Makes a backup and then deletes the oldest ones: `node backup.mjs`. It is a program, because the image has no shell.

import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const { BACKUP_FOLDER: folder = '', BACKUPS_KEPT: kept = '', CA_FILE: caFile = '' } = process.env
if (!/^[1-9]\d{0,3}$/.test(kept)) stop(2, `BACKUPS_KEPT is "${kept}". Give a number from 1 to 9999.`)

// What a Job that was killed has left. No other Job runs: concurrencyPolicy is Forbid.
for (const name of namesOf(/^rolesets-.*\.db\.partial-/)) remove(name)

// A backup gets its name only when it is whole. The names sort by time.
const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
const file = join(folder, `rolesets-${time}Z.db`)
// The address and the key are in ROLESETS_TARGET and ROLESETS_KEY_FILE; --target says that it is not the file of a database.
const target = ['--target', process.env.ROLESETS_TARGET ?? '', '--tls-ca', caFile]
const { error, status, signal } = spawnSync('rolesets', ['backup', file, ...target], { stdio: 'inherit' })
if (error !== undefined) stop(3, `rolesets could not be started: ${error.message}`)
if (status !== 0)
  stop(status ?? 3, `There is no new backup (${signal ?? `exit code ${status}`}), so no old one was deleted.`)

for (const name of namesOf(/^rolesets-[\dTZ-]+\.db$/).slice(0, -Number(kept))) remove(name)

/** @param {RegExp} pattern */
function namesOf(pattern) {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
}

/** @param {string} name */
function remove(name) {
  rmSync(join(folder, name))
  process.stderr.write(`backup: deleted ${name}\n`)
}

/** @param {number} code @param {string} sentence */
function stop(code, sentence) {
  process.stderr.write(`backup: ${sentence}\n`)
  process.exit(code)
}

// Prepares a story: starts a sidecar with a SQLite file, applies the example's YAML file, and starts the application.

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRoleSetsClient } from '@rolesets/client'
import { openIssuer } from './issuer.js'
import { rolesets, runRolesets, startProcess } from './processes.js'

/**
 * @typedef {object} Stage
 * @property {string} target of the sidecar
 * @property {string} keyFile
 * @property {string} url of the application
 * @property {{ sidecar: number, app: number }} processes their ids
 * @property {string} applied the summary of `rolesets apply`
 * @property {Readonly<Record<string, string>>} tokens by first name
 * @property {Promise<string>} ended resolves with a sentence if a process ends
 * @property {(graceMs?: number) => Promise<void>} close
 */

/**
 * @param {import('./index.js').Story} story
 * @param {string} dataFolder
 * @returns {Promise<Stage>}
 */
export async function openStage(story, dataFolder) {
  await mkdir(dataFolder, { recursive: true })
  const database = join(dataFolder, 'rolesets.db')
  const keyFile = `${database}.key`
  /** @type {((graceMs: number) => unknown)[]} */
  const undo = []
  const close = async (graceMs = 0) => {
    await Promise.all(undo.splice(0).map((stop) => stop(graceMs)))
  }
  try {
    const issuer = await openIssuer(story.title)
    undo.push(issuer.close)
    const sidecar = await startProcess('The sidecar', [rolesets, 'serve'], {
      ROLESETS_DATABASE: `sqlite:${database}`,
      ROLESETS_GRPC_LISTEN: '127.0.0.1:0',
      ROLESETS_HTTP_LISTEN: '',
    })
    undo.push(sidecar.stop)
    const [target] = /** @type {[string]} */ (sidecar.ready.grpc)
    const applied = await describe(story, { target, keyFile })
    const app = await startProcess('The application', [join(story.folder, 'app.js')], {
      ...issuer.env,
      ROLESETS_TARGET: target,
      ROLESETS_KEY_FILE: keyFile,
      PORT: '0',
    })
    undo.push(app.stop)
    const names = Object.entries(story.people)
    const tokens = await Promise.all(names.map(async ([name, person]) => [name, await issuer.tokenOf(person)]))
    return {
      target,
      keyFile,
      url: String(app.ready.url),
      processes: { sidecar: sidecar.pid, app: app.pid },
      applied,
      tokens: Object.fromEntries(tokens),
      ended: Promise.race([sidecar.ended, app.ended]),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Resets the sidecar to the beginning of the story, also after an earlier run.
 *
 * @param {import('./index.js').Story} story
 * @param {{ target: string, keyFile: string }} sidecar
 */
async function describe(story, { target, keyFile }) {
  const file = join(story.folder, 'rolesets.yaml')
  const { exitCode, output } = await runRolesets(['apply', '-f', file, '--target', target, '--key-file', keyFile])
  if (exitCode !== 0) throw new Error(`rolesets apply has failed:\n${output}`)

  const roleSets = createRoleSetsClient({ target, key: (await readFile(keyFile, 'utf8')).trim() })
  try {
    if (story.settings !== undefined) await roleSets.admin.updateSettings(story.settings)
    for (const organizationId of new Set(story.members.map((member) => member.organizationId)))
      await resetMembers(story, { admin: roleSets.admin, organizationId })
  } finally {
    await roleSets.close()
  }
  return output.replace(/^ .*\n/gm, '')
}

/**
 * Ends the memberships and invitations of an earlier run, and creates those of the beginning.
 *
 * @param {import('./index.js').Story} story
 * @param {{ admin: import('@rolesets/client').Administration, organizationId: string }} organization
 */
async function resetMembers(story, { admin, organizationId }) {
  const atBeginning = story.members.filter((member) => member.organizationId === organizationId)
  const { memberships } = await admin.listMemberships({ organizationId, scope: '*' })
  const { invitations } = await admin.listInvitations({ organizationId, scope: '*', statuses: ['PENDING'] })
  // Those in scopes first, because they end with the membership of the organization.
  for (const { userId, scope } of memberships.toSorted(byScope)) {
    if (!atBeginning.some((member) => member.userId === userId && (member.scope ?? '') === scope))
      await admin.deleteMembership({ organizationId, scope, userId })
  }
  for (const { id } of invitations) await admin.revokeInvitation({ organizationId, invitationId: id })
  for (const { roles, ...member } of atBeginning) {
    const isThere = memberships.some(({ userId, scope }) => userId === member.userId && scope === (member.scope ?? ''))
    const given = { ...member, roles: [...roles] }
    await (isThere ? admin.updateMembership(given) : admin.createMembership(given))
  }
}

/** @param {{ scope: string }} one @param {{ scope: string }} other */
function byScope(one, other) {
  return Number(one.scope === '') - Number(other.scope === '')
}

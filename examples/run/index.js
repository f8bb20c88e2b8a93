// Starts and checks the examples. Your own application needs nothing of this package.

export { demo } from './demo.js'
export { start } from './start.js'

/**
 * A story: the people, and the requests and commands that they run, one after the other.
 *
 * @typedef {object} Story
 * @property {string} title
 * @property {string} folder the example's folder, with rolesets.yaml and app.js
 * @property {Readonly<Record<string, Person>>} people by their first names
 * @property {readonly Member[]} members all members at the beginning, if the application stores its members in the sidecar; those
 *   of an organization before those of its scopes
 * @property {{ maxRolesPerMember: number }} [settings] of the sidecar
 * @property {readonly Step[]} steps
 *
 * @typedef {object} Member
 * @property {string} organizationId
 * @property {string} [scope] left out: the organization as a whole
 * @property {string} userId
 * @property {readonly string[]} roles
 *
 * @typedef {object} Person
 * @property {string} userId
 * @property {Readonly<Record<string, unknown>>} claims the claims of the token, besides the user
 *
 * @typedef {RequestStep | CommandStep} Step
 *
 * @typedef {object} RequestStep
 * @property {string} says
 * @property {string} as first name of the person who sends the request
 * @property {string} request method and path
 * @property {unknown} [body]
 * @property {number} status the expected status of the answer
 * @property {Readonly<Record<string, unknown>>} [answer] expected members of the answer; it may have more
 *
 * @typedef {object} CommandStep
 * @property {string} says
 * @property {readonly string[]} command arguments of `rolesets`
 * @property {number} exitCode
 */

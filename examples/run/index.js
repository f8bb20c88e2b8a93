// What the examples need to run; nothing here is needed in an application of your own.

export { demo } from './demo.js'
export { start } from './start.js'

/**
 * What an example tells: who takes part, and what they do, one after the other.
 *
 * @typedef {object} Story
 * @property {string} title
 * @property {string} folder of the example, with its rolesets.yaml and app.js
 * @property {Readonly<Record<string, Person>>} people by their first names
 * @property {readonly { organizationId: string, userId: string }[]} forget memberships of an earlier run
 * @property {readonly Step[]} steps
 *
 * @typedef {object} Person
 * @property {string} userId
 * @property {Readonly<Record<string, unknown>>} claims what the token says besides the user
 *
 * @typedef {RequestStep | CommandStep} Step
 *
 * @typedef {object} RequestStep
 * @property {string} says
 * @property {string} as first name of who asks
 * @property {string} request method and path
 * @property {unknown} [body]
 * @property {number} status that the answer has
 * @property {Readonly<Record<string, unknown>>} [answer] some of what the answer holds
 *
 * @typedef {object} CommandStep
 * @property {string} says
 * @property {readonly string[]} command arguments of `rolesets`
 * @property {number} exitCode
 */

/** `npm run demo` of each example: all steps give the expected answer, and the program ends by itself. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { folderOf, runExample } from './example-process.ts'

const turns = {
  'pricing-tiers': [
    /2\. Ada makes Ben an analyst\.[^]*?< 403 .*"code":"role_not_in_set".*"roles":\["org:analyst"\]/,
    /3\. Acme upgrades to Pro\.[^]*?\$ rolesets assign org_acme role_set:pro\n/,
    /4\. The same grant is accepted at once\.[^]*?< 201 /,
    /9\. Acme wants to go back to Free\.[^]*?1 member with org:analyst[^]*?1 invitation with org:moderator/,
    /11\. The token of Ben still says[^]*?< 403 .*"code":"role_withdrawn"/,
  ],
  'care-cohorts': [
    /3\. Mia makes Sam a specialist\.[^]*?< 403 .*"code":"role_not_in_set".*"roles":\["org:specialist"\]/,
    /4\. Elm Street becomes a hospital\.[^]*?\$ rolesets assign elm_street role_set:hospital\n/,
    /5\. The same change is accepted at once\.[^]*?< 200 /,
    /10\. The token of Noor still says[^]*?< 403 .*"code":"role_withdrawn"/,
  ],
  departments: [
    /3\. Dora makes Noor a nurse in the pharmacy\.[^]*?< 403 .*"code":"role_not_in_set".*"role_set":"role_set:pharmacy"/,
    /5\. Cara is a physician and heads cardiology\.[^]*?< 201 .*"roles":\["org:physician","org:department_head"\]/,
    /9\. Hugo heads surgery[^]*?< 403 .*"code":"grant_exceeds_own"/,
    /12\. The next request of Cara is refused\.[^]*?< 403 .*"code":"role_withdrawn"/,
    /15\. The charts of cardiology are closed[^]*?< 403 .*"code":"membership_ended"/,
  ],
  products: [
    /4\. The contacts are in the product CRM[^]*?< 403 .*"code":"membership_ended"/,
    /6\. Bo wants to give a role of CRM in Billing[^]*?< 403 .*"code":"role_not_in_set"/,
    /8\. Ada is the administrator of Globex[^]*?< 403 .*"code":"membership_ended"/,
    /10\. Globex buys an add-on[^]*?\$ rolesets assign org_globex role_set:billing_plus --scope product:billing\n/,
    /14\. Her next request is refused\.[^]*?< 403 .*"code":"membership_ended"/,
  ],
}

for (const [example, patterns] of Object.entries(turns)) {
  test.serial(
    `the demo of ${example} prints each request and answer, and exits with 0 because all are as expected`,
    async (t) => {
      const demo = runExample(t, example, { script: 'demo.js' })
      t.is(await demo.ended, 0, demo.output())
      for (const pattern of patterns) t.regex(demo.output(), pattern)
      t.regex(demo.output(), /\nAll 1\d steps gave the expected answer\.\n$/)
      t.false(demo.output().includes('UNEXPECTED'))
    },
  )

  test(`the scripts of ${example} are the ones that the tests run`, async (t) => {
    const { scripts } = JSON.parse(await readFile(join(folderOf(example), 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    t.deepEqual(scripts, { start: 'node start.js', demo: 'node demo.js' })
  })
}

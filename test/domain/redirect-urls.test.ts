/** Where an invited person is sent: only to a server that everyone who reads the URL recognizes. */

import test from 'ava'
import { parseRedirectUrl } from '../../packages/sidecar/src/domain/fields.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'

const accepted = [
  ...['https://a.example', 'https://a.example/', 'HTTP://A.Example:8080/x?y#z', 'https://a.example:443/'],
  ...['http://localhost:3000/accept?token={token}', 'http://[::1]:80/', 'http://127.0.0.1/', 'https://a_b.example/'],
  ...['https://xn--bcher-kva.example/ä', 'https://a.example/@x?user=a@b.example', 'https://a.example?x'],
]

const refused: Readonly<Record<string, readonly string[]>> = {
  'another scheme': ['javascript:alert(1)', 'data:text/html,x', 'ftp://a.example', 'blob:https://a.example/x'],
  'no host': ['https://', 'https:///a.example', 'https://?x', 'https://#x', 'https://:80', '//a.example', '/join'],
  'a missing slash': ['https:/a.example', 'https:a.example'],
  'a user or a password': [
    'https://a@b.example',
    'https://a:b@c.example/',
    'https://@b.example',
    'https://:@b.example',
  ],
  'a backslash': ['https://a.example\\@b.example', 'https:\\\\a.example', 'https://a.example/\\'],
  'spaces and controls': [' https://a.example', 'https://a.example\t', 'https://a.exa\nmple', 'https://a.example/ x'],
  'invisible characters': ['https://a.example/\u202e', 'https://a\u200b.example', 'https://exa\u00admple.com/'],
  markup: ['https://a.example/"><script>', 'https://a.example/<b>'],
  'a host that a parser writes differently': [
    ...['https://bücher.example', 'https://\uff41.example', 'https://a。example', 'https://аpple.example'],
    ...['http://0x7f.1/', 'http://2130706433/', 'http://127.1', 'https://a%2eexample/', 'https://[0:0:0:0:0:0:0:1]/'],
  ],
  'a host that is no name': ['https://a..example', 'https://a.example.', 'https://-a.example', 'https://a,b.example'],
  'an odd port': ['https://a.example:', 'https://a.example:0443', 'https://a.example:99999', 'https://a.example:0/'],
}

test('an ordinary URL is accepted, and kept as it is written', (t) => {
  for (const url of accepted) t.is(parseRedirectUrl(url, 'redirect_url'), url)
  t.is(parseRedirectUrl('', 'redirect_url'), '')
})

for (const [what, urls] of Object.entries(refused))
  test(`a redirect URL with ${what} is refused, and the message says what to write`, (t) => {
    for (const url of urls) {
      const error = t.throws(() => parseRedirectUrl(url, 'redirect_url'), { instanceOf: Refusal }, url)
      t.like(error, { code: 'invalid_field', field: 'redirect_url' }, url)
      t.regex(error?.message ?? '', /Give|Remove|Write/, url)
    }
  })

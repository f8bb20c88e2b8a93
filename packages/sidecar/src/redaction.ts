/**
 * Keeps keys out of everything that this process prints: answers, errors, help and the log. A key may stand where it
 * doesn't belong, for example in a misspelt option or in the setting of an address.
 */

import { quoted, withoutUnseen } from '@rolesets/core'

const notShown = '(key not shown)'

/** A shorter value is likely a common word. */
const secretCharactersMin = 8
/** A message may cut a long value. Its beginning is enough to recognize it. */
const beginningCharacters = 12

const shapes: readonly (readonly [RegExp, string])[] = [
  // Keys that are made by a sidecar, by Clerk, and by others who mark their secrets in the same way.
  [/(?<![A-Za-z0-9])(?:r?sk|[rapm]k|mt|whsec|oat)_[A-Za-z0-9_+/=-]{8,}/g, notShown],
  // The key that a sidecar generates at its first start: 32 bytes in base64url.
  [/(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*\d)(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g, notShown],
  // Signed tokens.
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g, notShown],
  [/(?<=\bbearer\s+)[^\s"']{8,}/gi, notShown],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, notShown],
  // The password of a URL.
  [/(?<=\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/gi, notShown],
]

/** An option whose value is a key, also if its name is misspelt. That of a file is a path. */
const keyOption = /^--?[\w-]*(?:key|secret|token|passw)[\w-]*$/i
const fileOption = /-file$/i

/** What no output may show, beside what looks like a key. */
export class Redaction {
  readonly #secrets = new Set<string>()

  /** From now on, nothing shows this value. */
  readonly hide = (secret: string | undefined): void => {
    if (secret === undefined || secret.length < secretCharactersMin) return
    this.#secrets.add(secret)
    // As it stands in JSON.
    this.#secrets.add(JSON.stringify(secret).slice(1, -1))
  }

  /** Hides the values of all options that are, or were meant to be, for a key. */
  hideArguments(args: readonly string[]): void {
    for (const [place, arg] of args.entries()) {
      const [name = '', ...rest] = arg.split('=')
      if (!keyOption.test(name) || fileOption.test(name)) continue
      const next = args[place + 1]
      this.hide(rest.length > 0 ? rest.join('=') : next?.startsWith('-') ? undefined : next)
    }
  }

  /** The same text without keys, and with escapes for all characters that are not seen. */
  readonly clean = (text: string): string => {
    let cleaned = text
    for (const secret of this.#secrets) cleaned = without(cleaned, secret)
    return withoutUnseen(shapes.reduce((before, [shape, instead]) => before.replace(shape, instead), cleaned))
  }
}

/** Also without its beginning, where the rest was cut off. */
function without(text: string, secret: string): string {
  const beginning = secret.slice(0, beginningCharacters)
  let [result, from] = ['', 0]
  for (let at = text.indexOf(beginning); at >= 0; at = text.indexOf(beginning, from)) {
    let end = at + beginning.length
    while (end < text.length && end - at < secret.length && text[end] === secret[end - at]) end++
    result += `${text.slice(from, at)}${notShown}`
    from = end
  }
  return result + text.slice(from)
}

/**
 * Whether a value may be a key that was given in the wrong place: one long word that is neither a path (from the root or
 * with an extension), nor a URL, nor the name of a host. Many ids look like that, too, so this is for places where no id belongs.
 */
export function mayBeKey(text: string): boolean {
  return /^[\x21-\x7e]{16,}$/.test(text) && !harmless.some((shape) => shape.test(text))
}

const harmless = [
  // Paths from the root or from here, and URLs.
  /^(?:\.{0,2}\/|[a-z]+:)/i,
  // Paths with an extension, and names of hosts.
  /^(?:[\w.@-]+\/)*[\w-]+(?:\.[\w-]+)+(?::\d+)?$/,
  // `rolesets-sidecar:7450`: words, with a port.
  /^[a-z]+(?:-[a-z]+|-\d{1,3})*:\d{1,5}$/,
]

/** A value of the configuration or of the command line as a message shows it. */
export function shown(text: string): string {
  return mayBeKey(text) ? 'a text that may be a key, so it is not shown' : quoted(text)
}

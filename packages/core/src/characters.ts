/**
 * Characters that are not seen: controls, and those that reorder the text around them or have no width. In an id or a name
 * they would make two things look the same, and on a terminal they could repaint what was printed before.
 */

/** Signs of Arabic and of similar scripts that Unicode calls format characters, although they are seen. */
const seen = '\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u{110bd}\\u{110cd}'

const unseen = `(?![${seen}])[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Surrogate}]`

/** Letters of scripts that are written joined, where a zero-width joiner or non-joiner between two of them changes their form. */
const joined = '[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}\\u064b-\\u065f]'
const virama = '[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca]'
const picture = '\\p{Extended_Pictographic}'

/** Where writing needs them: in Persian words, in Indic syllables, within one emoji. */
const joins = [
  `(?<=${joined})[\\u200c\\u200d](?=${joined})`,
  `(?<=${virama})[\\u200c\\u200d]`,
  `(?<=[${picture}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=${picture})`,
  `(?<=${picture})[\\ufe0e\\ufe0f]`,
  '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
].join('|')

const unseenAnywhere = new RegExp(unseen, 'u')
const unseenAlone = new RegExp(`(?!${joins})${unseen}`, 'u')
const everyUnseenAlone = new RegExp(`(?!${joins}|\\n)${unseen}`, 'gu')

/** All characters of nearly every text; such a text needs no closer look. */
const plain = /^[\n\x20-\x7e]*$/

/** @param joiners whether joiners may stand where writing needs them */
export function hasUnseen(text: string, { joiners }: { readonly joiners: boolean }): boolean {
  return (joiners ? unseenAlone : unseenAnywhere).test(text)
}

/**
 * The same text with all that is not seen as `\u202e`. In JSON, which can have such characters only within strings, it
 * still means the same. Line breaks stay.
 */
export function withoutUnseen(text: string): string {
  if (plain.test(text)) return text
  return text.replace(everyUnseenAlone, escapeOf)
}

/** The same for text that must stay on its line. */
export function onOneLine(text: string): string {
  return withoutUnseen(text).replaceAll('\n', '\\n')
}

/** A character beyond the basic plane is two escapes, as in JSON. */
function escapeOf(character: string): string {
  const units = Array.from({ length: character.length }, (_, place) => character.charCodeAt(place))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

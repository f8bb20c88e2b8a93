/** How messages show what callers sent, and how they count and list things. The length of each part is limited. */

import { onOneLine } from './characters.ts'

const quotedCharactersMax = 80
const listedMax = 10
/** What a list adds to a message. An error travels in the trailers of an answer, for which peers allow 8 KiB in all. */
const listedCharactersMax = 500

/** A value in quotes, what is not seen escaped, cut when it is long. */
export function quoted(value: string): string {
  return onOneLine(
    JSON.stringify(value.length > quotedCharactersMax ? `${value.slice(0, quotedCharactersMax)}…` : value),
  )
}

/** `1 member`, `12 members`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `org:a, org:b and 4 more`. */
export function listed(items: readonly string[]): string {
  const shown = takeWithin(items, listedMax)
  const hidden = items.length - shown.length
  return hidden === 0 ? shown.join(', ') : `${shown.join(', ')} and ${hidden} more`
}

/** The first items, at least one, as many as a message or a fact has room for. */
export function takeWithin(items: readonly string[], countMax: number): string[] {
  let characters = 0
  return items.slice(0, countMax).filter((item, place) => {
    characters += item.length
    return place === 0 || characters <= listedCharactersMax
  })
}

/** How many hold a role: `12 members, 3 invitations`. */
export function holders(usage: { readonly members: number; readonly invitations: number }): string {
  return `${counted(usage.members, 'member')}, ${counted(usage.invitations, 'invitation')}`
}

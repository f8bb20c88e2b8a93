/** How messages show what callers sent and count things: bounded in length, whatever was sent. */

const quotedCharactersMax = 80
const listedMax = 10

/** A value in quotes, control characters escaped, cut when it is long. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > quotedCharactersMax ? `${value.slice(0, quotedCharactersMax)}…` : value)
}

/** `1 member`, `12 members`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `org:a, org:b and 4 more`. */
export function listed(items: readonly string[]): string {
  if (items.length <= listedMax) return items.join(', ')
  return `${items.slice(0, listedMax).join(', ')} and ${items.length - listedMax} more`
}

/** How many hold a role: `12 members, 3 invitations`. */
export function holders(usage: { readonly members: number; readonly invitations: number }): string {
  return `${counted(usage.members, 'member')}, ${counted(usage.invitations, 'invitation')}`
}

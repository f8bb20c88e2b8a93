/** Numbers of bytes for people. */

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

export function bytesText(bytes: number): string {
  const place = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)))
  const number = bytes / 1_000 ** place
  return `${place === 0 ? number : number.toFixed(1)} ${units[place] ?? ''}`
}

/**
 * Bounds JSON before it is parsed. Parsing makes an object of each element, and validation a fault of each wrong one, so a body
 * within its bytes could still cost a second. The scan counts and makes nothing.
 */

/** More than all invitations of one call have together. Commas and opening brackets count. */
const elementsMax = 100_000
/** Metadata may have 20, and stands a few levels deep itself. */
const depthMax = 100

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

/** @returns what is wrong, as a sentence; undefined: nothing, or it isn't JSON, which the parser says better */
export function jsonProblem(bytes: Uint8Array): string | undefined {
  let [elements, depth, isInText] = [0, 0, false]
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) isInText = !isInText
    else if (isInText) at += byte === backslash ? 1 : 0
    else if (byte === comma) elements++
    else if (byte === closeBracket || byte === closeBrace) depth--
    else if (byte === openBracket || byte === openBrace) [elements, depth] = [elements + 1, depth + 1]
    if (elements > elementsMax) return `The body has more than ${elementsMax} values. Send less at once.`
    if (depth > depthMax) return `The body is nested deeper than ${depthMax} levels. Send it flatter.`
  }
  return undefined
}

/**
 * Looks at the write-ahead log before SQLite does. SQLite takes a log up to its first frame that isn't valid and forgets the
 * rest; where the database is empty or the header of the log is damaged, it forgets all of it without a word. That is right
 * for the one commit that a power failure cut off, and wrong for commits that were acknowledged.
 *
 * A commit is acknowledged after the disk has it, and only then the next one is written. So behind a damaged frame there can
 * be at most one commit that wasn't acknowledged. If there are two, the log was damaged later.
 */

import { open, stat } from 'node:fs/promises'
import { StoreError } from '../../store.ts'
import { logSuffix } from './private.ts'

const headerBytes = 32
const frameHeaderBytes = 24
/** A larger log isn't read: that would take seconds at each start. */
const logBytesMax = 128 << 20

/** Before the file is opened, and under its lock. @throws StoreError `corrupt` */
export async function checkLog(file: string): Promise<void> {
  const path = `${file}${logSuffix}`
  const [database, log] = await Promise.all([sizeOf(file), sizeOf(path)])
  // Nothing is acknowledged before the header of the log is on the disk.
  if (log <= headerBytes || log > logBytesMax) return
  if (database === 0) throw damaged(path, `the database ${file} is empty, and the log beside it has ${log} bytes`)
  const problem = problemOf(await read(path))
  if (problem !== undefined) throw damaged(path, problem)
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  return found?.size ?? 0
}

/** SQLite has no lock on the log itself, so that closing it here frees none. */
async function read(path: string): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

interface Sums {
  a: number
  b: number
}

/** @returns why the log has acknowledged commits that SQLite would forget; undefined: it has none */
function problemOf(log: Buffer): string | undefined {
  const pageBytes = log.readUInt32BE(8)
  const sums: Sums = { a: 0, b: 0 }
  const isBigEndian = log.readUInt32BE(0) === 0x377f0683
  if (!isBigEndian && log.readUInt32BE(0) !== 0x377f0682) return 'its header is damaged'
  add(sums, log.subarray(0, 24), isBigEndian)
  const isSound = sums.a === log.readUInt32BE(24) && sums.b === log.readUInt32BE(28)
  if (!isSound || pageBytes < 512 || pageBytes > 65_536) return 'its header is damaged'
  const salts = log.subarray(16, 24)
  const frames = framesOf(log, pageBytes)
  const firstBad = frames.findIndex((frame) => !isValid(frame, { salts, sums, isBigEndian }))
  if (firstBad === -1) return undefined
  const commits = frames.slice(firstBad).filter((frame) => isOf(frame, salts) && frame.readUInt32BE(4) > 0)
  if (commits.length < 2) return undefined
  return `frame ${firstBad + 1} of ${frames.length} is damaged, and ${commits.length} commits are behind it`
}

function framesOf(log: Buffer, pageBytes: number): readonly Buffer[] {
  const bytes = frameHeaderBytes + pageBytes
  const count = Math.floor((log.length - headerBytes) / bytes)
  return Array.from({ length: count }, (_, index) => log.subarray(headerBytes + index * bytes).subarray(0, bytes))
}

/** Of this generation of the log: frames of earlier ones stay behind it until they are overwritten. */
function isOf(frame: Buffer, salts: Buffer): boolean {
  return frame.subarray(8, 16).equals(salts)
}

function isValid(frame: Buffer, { salts, sums, isBigEndian }: { salts: Buffer; sums: Sums; isBigEndian: boolean }) {
  if (!isOf(frame, salts)) return false
  add(sums, frame.subarray(0, 8), isBigEndian)
  add(sums, frame.subarray(frameHeaderBytes), isBigEndian)
  return sums.a === frame.readUInt32BE(16) && sums.b === frame.readUInt32BE(20)
}

/** The checksum of SQLite's format of the log, over pairs of 32-bit words. */
function add(sums: Sums, bytes: Buffer, isBigEndian: boolean): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at += 8) {
    sums.a = (sums.a + view.getUint32(at, !isBigEndian) + sums.b) >>> 0
    sums.b = (sums.b + view.getUint32(at + 4, !isBigEndian) + sums.a) >>> 0
  }
}

function damaged(path: string, problem: string): StoreError {
  return new StoreError(
    'corrupt',
    `The log ${path} can't be used: ${problem}. Writes that were acknowledged may be in it, so the sidecar doesn't start without it. Keep a copy of both files and restore a backup, or put the right log back. To go on without what is in the log, move it away.`,
  )
}

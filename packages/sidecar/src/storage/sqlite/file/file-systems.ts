/**
 * File systems that can't have a database in WAL mode. WAL needs memory that all connections share, and reliable locks. The
 * numbers are those of statfs(2) and linux/magic.h.
 */

const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9P'],
  [0x0bd00bd0, 'Lustre'],
  [0x19830326, 'BeeGFS'],
  [0x20030528, 'OrangeFS'],
  [0x47504653, 'GPFS'],
  [0xaad7aaea, 'PanFS'],
  [0x786f4256, 'a shared folder of VirtualBox'],
])

const fuse = 0x65735546

/** The name of a network file system, or undefined. `type` is what `statfs` says. */
export function networkFileSystemOf(type: number): string | undefined {
  return networkFileSystems.get(unsigned(type))
}

/** FUSE may be sshfs or s3fs, or a local disk behind a desktop's container runtime: the number doesn't say which. */
export function isFileSystemInUserSpace(type: number): boolean {
  return unsigned(type) === fuse
}

/** On 32-bit systems the large numbers are negative. */
function unsigned(type: number): number {
  return type >>> 0
}

/**
 * The one place that decides whether a sidecar takes a write at all. A read-only sidecar has a store whose state is declared
 * elsewhere: a write beside that would be lost with the next change of the declaration, or with the pod.
 */

import { ServiceError } from '../service-error.ts'
import type { WriteCall } from './call.ts'

export interface ReadOnly {
  /** The manifest that declares the state. Undefined: there is none, and only the setting says so. */
  readonly declaredIn: string | undefined
}

/** @throws ServiceError `read_only` unless the write changes nothing, or is the declaration's own */
export type CheckWritable = (call: Pick<WriteCall, 'dryRun' | 'isDeclared'>) => void

/** @param readOnly undefined: the sidecar takes every write */
export function createCheckWritable(readOnly: ReadOnly | undefined): CheckWritable {
  return ({ dryRun, isDeclared }) => {
    if (readOnly === undefined || dryRun || isDeclared === true) return
    throw new ServiceError('read_only', messageOf(readOnly))
  }
}

function messageOf({ declaredIn }: ReadOnly): string {
  if (declaredIn !== undefined)
    return `The state of this sidecar is declared in ${declaredIn}; change it there. Nothing was written: ROLESETS_READ_ONLY is set.`
  return 'This sidecar is read-only: ROLESETS_READ_ONLY is set. Nothing was written. Write to another sidecar, or start this one without this setting.'
}

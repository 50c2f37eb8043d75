import type { Quiesce } from '../../model/point.ts';
import type { Failure } from '../../model/result.ts';
import type { PointRequest } from '../hypervisor.ts';

/** What was asked of the guest, and how it went. */
export interface Freeze {
  readonly quiesce: Quiesce;
  /** The guest may still be frozen: thawing failed, or its agent answered too late. */
  readonly maybeFrozen: boolean;
}

/** Why a guest is not frozen, from libvirt's sentence (9.0.0). */
export function freezeCode(message: string): string {
  if (/agent is not (?:configured|connected)/.test(message)) return 'no-agent';
  if (/did ?n['o]t respond|not responding|timed? ?out|not available for now/i.test(message)) {
    return 'agent-timeout';
  }
  return 'freeze-failed';
}

/** Why no freeze is even tried; null if it is. */
export function noFreezeReason(
  wanted: PointRequest['quiesce'],
  domain: { readonly paused: boolean; readonly neverRan: boolean },
): string | null {
  if (domain.neverRan) return 'off';
  if (wanted === 'never') return 'not-asked';
  return domain.paused ? 'paused' : null;
}

/** The failure of a point whose guest had to be frozen and was not. */
export function quiesceFailure(code: string, message: string): Failure {
  const remedy =
    code === 'no-agent'
      ? 'install and start qemu-guest-agent in the guest, or set quiesce: try'
      : 'look at qemu-guest-agent in the guest, or set quiesce: try';
  return { code: 'quiesce-failed', message: `The guest was not frozen: ${message}; ${remedy}.` };
}

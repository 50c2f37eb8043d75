import type { DesiredDomain } from '../model/desired.ts';
import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import type { Reason } from '../model/reason.ts';
import { unreachable, type Failure } from '../model/result.ts';
import { isTrackable } from './trackers.ts';

/** Why no point can be taken of a domain, and in which list it ends therefore (I13). */
export interface Hindrance {
  readonly verdict: 'waiting' | 'unsupported' | 'blocked' | 'unseen';
  readonly reason: Reason;
}

const waiting = (code: string, facts?: Reason['facts']): Hindrance => ({
  verdict: 'waiting',
  reason: facts === undefined ? { code } : { code, facts },
});

const unseen = (code: string, failure: Failure, disk?: string): Hindrance => ({
  verdict: 'unseen',
  reason: {
    code,
    facts: { ...(disk === undefined ? {} : { disk }), message: failure.message },
  },
});

/** What never gets a point, whether one is due or not. */
export function lastingHindrance(
  domain: ObservedDomain,
  disks: readonly ObservedDisk[],
): Hindrance | null {
  if (!domain.persistent) return { verdict: 'unsupported', reason: { code: 'transient' } };
  return disks.length === 0 ? { verdict: 'unsupported', reason: { code: 'no-disks' } } : null;
}

/** What stands in the way of a point now. `jobEnds`: this plan ends the job that is seen. */
export function presentHindrance(domain: ObservedDomain, jobEnds: boolean): Hindrance | null {
  return stateHindrance(domain) ?? jobHindrance(domain, jobEnds);
}

function stateHindrance({ state, stateReason, managedSave }: ObservedDomain): Hindrance | null {
  if (stateReason === 'migrating') return waiting('migrating');
  switch (state) {
    case 'running':
    case 'paused':
      return null;
    case 'off':
      // Starting it, even paused, would consume the guest's saved memory (I11).
      return managedSave ? waiting('managed-save') : null;
    case 'crashed':
      return { verdict: 'unsupported', reason: { code: 'crashed' } };
    case 'suspended':
      return waiting('suspended');
    case 'stopping':
      return waiting('stopping');
    case 'unknown':
      return waiting('state-unknown', { state: stateReason });
    default:
      return unreachable(state);
  }
}

function jobHindrance({ job, blockJobs }: ObservedDomain, jobEnds: boolean): Hindrance | null {
  if (job !== null && !jobEnds) {
    if (job.operation.includes('migration')) return waiting('migrating');
    // Ours, but of a run that lives or left no journal: only its own process may end it.
    if (job.run !== null) return waiting('our-job', { run: job.run });
    return waiting('foreign-job', { operation: job.operation });
  }
  if (blockJobs.length === 0) return null;
  return waiting('block-job', { disks: blockJobs.toSorted().join(', ') });
}

/** What could not be seen and would have to be guessed: an identity, a tracker. Unseen causes no full (G151). */
export function unseenPart(
  domain: ObservedDomain,
  desired: DesiredDomain,
  disks: readonly ObservedDisk[],
): Hindrance | null {
  for (const { images, target } of disks) {
    if (!images.seen) return unseen('disk-unseen', images.failure, target);
    if (images.value.length === 0) {
      const failure = { code: 'no-image', message: `no image was seen behind ${target}` };
      return unseen('disk-unseen', failure, target);
    }
  }
  const trackable = disks.filter((disk) => isTrackable(disk, desired));
  if (trackable.length === 0) return null;
  if (!domain.checkpoints.seen) return unseen('checkpoints-unseen', domain.checkpoints.failure);
  if (domain.state !== 'off') return null;
  for (const { bitmaps, target } of trackable) {
    if (bitmaps === null) {
      const failure = {
        code: 'not-looked',
        message: `the bitmaps of ${target} were not looked at`,
      };
      return unseen('bitmaps-unseen', failure, target);
    }
    if (!bitmaps.seen) return unseen('bitmaps-unseen', bitmaps.failure, target);
  }
  return null;
}

/** Disks that would be read in plain text although the guest's owner encrypted them. */
export function plaintextHindrance(
  desired: DesiredDomain,
  disks: readonly ObservedDisk[],
): Hindrance | null {
  const encrypted = disks.filter((disk) => disk.encrypted).map(({ target }) => target);
  if (encrypted.length === 0 || desired.encryptedDisks === 'plaintext') return null;
  return {
    verdict: 'blocked',
    reason: { code: 'plaintext-backup', facts: { disks: encrypted.join(', ') } },
  };
}

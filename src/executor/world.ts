import type { Hypervisor, KnownJob } from '../hypervisor/hypervisor.ts';
import type { Action } from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import { filesOf } from '../model/leftover.ts';
import { seen, type Seen, unseen } from '../model/result.ts';
import { unseenChain } from '../model/unseen-chain.ts';

/** Jobs of dead runs that the plan speaks of: how libvirt's are recognised. */
export function jobsOf(actions: readonly Action[]): readonly KnownJob[] {
  return actions.flatMap((action) =>
    action.kind === 'abort-job'
      ? [{ run: action.run, uuid: action.domain.uuid, socket: action.socket }]
      : [],
  );
}

/**
 * Paths of all images of all domains, active or backing, and of their UEFI variables. A chain that cannot be
 * seen makes all unseen: it might be the one that is about to be moved (G213).
 * Not so a domain that the plan was allowed to overlook.
 */
export async function imagePaths(
  hypervisor: Hypervisor,
  jobs: readonly KnownJob[],
  allowed: readonly string[],
): Promise<Seen<readonly string[]>> {
  const all = await hypervisor.observe(jobs);
  if (!all.seen) return all;
  const isAllowed = (name: string): boolean => allowed.includes(addressOf(name));
  const hidden = all.value.unseenDomains.find(({ name }) => !isAllowed(name));
  if (hidden !== undefined) return unseen(hidden.code, `${hidden.name}: ${hidden.message}`);
  const paths: string[] = [];
  for (const domain of all.value.domains) {
    const failure = unseenChain(domain);
    if (failure !== null && !isAllowed(domain.name)) {
      return unseen(failure.code, `${domain.name}: ${failure.message}`);
    }
    paths.push(...filesOf(domain));
  }
  return seen(paths);
}

import type { Hypervisor, KnownJob } from '../hypervisor/hypervisor.ts';
import type { Action } from '../model/action.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { ObservedDomain, ObservedHypervisor } from '../model/observed.ts';
import { seen, type Seen, unseen } from '../model/result.ts';

/** Jobs of dead runs that the plan speaks of: how libvirt's are recognised. */
export function jobsOf(actions: readonly Action[]): readonly KnownJob[] {
  return actions.flatMap((action) =>
    action.kind === 'abort-job'
      ? [{ run: action.run, uuid: action.domain.uuid, socket: action.socket }]
      : [],
  );
}

/** One domain in a look at all of them. */
export function domainIn(
  all: Seen<ObservedHypervisor>,
  uuid: DomainUuid,
): Seen<ObservedDomain | null> {
  if (!all.seen) return all;
  const found = all.value.domains.find((domain) => domain.uuid === uuid);
  const hidden = all.value.unseenDomains.find((domain) => domain.uuid === uuid);
  if (found === undefined && hidden !== undefined) return unseen(hidden.code, hidden.message);
  return seen(found ?? null);
}

/**
 * Paths of all images of all domains, active or backing. One that cannot be
 * seen makes all unseen: it might be the one that is about to be moved (G213).
 */
export async function imagePaths(
  hypervisor: Hypervisor,
  jobs: readonly KnownJob[],
): Promise<Seen<readonly string[]>> {
  const all = await hypervisor.observe(jobs);
  if (!all.seen) return all;
  const [hidden] = all.value.unseenDomains;
  if (hidden !== undefined) return unseen(hidden.code, `${hidden.name}: ${hidden.message}`);
  const paths: string[] = [];
  for (const { name, disks } of all.value.domains) {
    for (const { target, images } of disks) {
      if (!images.seen) {
        return unseen(images.failure.code, `${target} of ${name}: ${images.failure.message}`);
      }
      paths.push(...images.value.map(({ identity }) => identity.path));
    }
  }
  return seen(paths);
}

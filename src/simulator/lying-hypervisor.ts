import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { ObservedDomain, ObservedHypervisor } from '../model/observed.ts';
import { seen, unseen, type Seen } from '../model/result.ts';
import type { Lie } from './fault.ts';

/**
 * A look at all domains that does not show what is. `stale`: what an earlier
 * look showed. A lie that nothing contradicts, as a bitmap that forgot a write
 * and calls itself whole, is not among them: no tool could catch it.
 */
export function lyingHypervisor(
  honest: Pick<Hypervisor, 'observe'>,
  lies: ReadonlySet<Lie>,
  stale: ObservedHypervisor | null,
): Pick<Hypervisor, 'observe'> {
  return {
    async observe(jobs) {
      const truth = await honest.observe(jobs);
      return truth.seen ? lied(truth.value, lies, stale) : truth;
    },
  };
}

function lied(
  truth: ObservedHypervisor,
  lies: ReadonlySet<Lie>,
  stale: ObservedHypervisor | null,
): Seen<ObservedHypervisor> {
  if (lies.has('hypervisor-fails')) return unseen('injected', 'libvirt does not answer');
  if (lies.has('hypervisor-empty')) return seen({ ...truth, domains: [] });
  const from = lies.has('hypervisor-stale') && stale !== null ? stale : truth;
  const [first, ...others] = from.domains;
  if (first === undefined) return seen(from);
  if (lies.has('one-domain-missing')) return seen({ ...from, domains: others });
  if (lies.has('one-domain-unseen')) {
    const { uuid, name } = first;
    const hidden = { uuid, name, code: 'injected', message: 'its facts cannot be read' };
    return seen({ ...from, domains: others, unseenDomains: [hidden] });
  }
  return seen({ ...from, domains: [blurred(first, lies), ...others] });
}

function blurred(domain: ObservedDomain, lies: ReadonlySet<Lie>): ObservedDomain {
  const hidden = unseen('injected', 'it cannot be looked at');
  return {
    ...domain,
    ...(lies.has('checkpoints-unseen') ? { checkpoints: hidden } : {}),
    ...(lies.has('images-unseen')
      ? { disks: domain.disks.map((disk) => ({ ...disk, images: hidden })) }
      : {}),
  };
}

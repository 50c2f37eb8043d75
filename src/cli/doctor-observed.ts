import { addressOf } from '../model/address.ts';
import type { DesiredDomain, DesiredState } from '../model/desired.ts';
import type { ObservedDomain, ObservedState } from '../model/observed.ts';
import type { DoctorFinding } from '../model/report.ts';
import { pointFindings } from './doctor-points.ts';
import { finding } from './doctor-programs.ts';
import { storeFindings } from './doctor-store.ts';

/** What an observation says about the health of the host; without a policy, what can be told without one. */
export function observedFindings(
  observed: ObservedState,
  desired: Pick<DesiredState, 'stores' | 'domains' | 'removed'>,
): readonly DoctorFinding[] {
  const rules = new Map(desired.domains.map((domain) => [domain.uuid, domain]));
  return [
    ...hypervisorFindings(observed, rules),
    ...observed.stores.flatMap((store) => [
      ...storeFindings(
        store,
        desired.stores.find(({ name }) => name === store.name),
        desired,
        observed.observedAt,
      ),
      ...pointFindings(store, observed.mirrors),
    ]),
    scratchFinding(observed),
    ...(observed.runs.seen
      ? observed.runs.value.map(({ run }) =>
          finding('warning', 'dead-run', 'host', `run ${run} never ended`, 'holdfast apply'),
        )
      : [
          finding(
            'error',
            observed.runs.failure.code,
            'host',
            observed.runs.failure.message,
            'make the state directory readable',
          ),
        ]),
  ];
}

function hypervisorFindings(
  { hypervisor }: ObservedState,
  rules: ReadonlyMap<string, DesiredDomain>,
): readonly DoctorFinding[] {
  if (!hypervisor.seen)
    return [
      finding(
        'error',
        hypervisor.failure.code,
        'libvirt',
        hypervisor.failure.message,
        'start libvirtd, or run as root or as a member of the group libvirt',
      ),
    ];
  const { domains, unseenDomains } = hypervisor.value;
  return [
    ...unseenDomains.map(({ name, code, message }) =>
      finding('error', code, addressOf(name), message, 'look at the domain with virsh'),
    ),
    // What the policy leaves alone is nobody's trouble; without rules everything may be.
    ...domains
      .filter(({ uuid }) => rules.size === 0 || rules.has(uuid))
      .flatMap((domain) => domainFindings(domain, rules.get(domain.uuid))),
  ];
}

function domainFindings(
  domain: ObservedDomain,
  rule: DesiredDomain | undefined,
): readonly DoctorFinding[] {
  const subject = addressOf(domain.name);
  const findings: DoctorFinding[] = [];
  const running = domain.state === 'running';
  if (running && domain.agent !== 'connected' && rule?.quiesce !== 'never') {
    const required = rule?.quiesce === 'required';
    findings.push(
      finding(
        required ? 'error' : 'warning',
        'agent',
        subject,
        domain.agent === 'none'
          ? 'has no guest agent channel: its points are crash-consistent'
          : 'its guest agent does not answer: its points are crash-consistent',
        domain.agent === 'none'
          ? 'add the channel org.qemu.guest_agent.0 and install qemu-guest-agent in the guest'
          : 'start qemu-guest-agent in the guest',
      ),
    );
  }
  if (domain.internalSnapshots.length > 0 && rule?.tracker !== 'never')
    findings.push(
      finding(
        'warning',
        'internal-snapshots',
        subject,
        `has internal snapshots (${domain.internalSnapshots.join(', ')}): QEMU cannot revert to them while dirty bitmaps exist`,
        `holdfast untrack ${subject} before a revert, or tracker: never on its rule`,
      ),
    );
  const raw = domain.disks.filter(({ device, format }) => device === 'disk' && format === 'raw');
  if (raw.length > 0)
    findings.push(
      finding(
        'warning',
        'raw-disks',
        subject,
        `${raw.map(({ target }) => target).join(', ')} is raw: every point of it is a full`,
        'convert the image to qcow2, or keep fewer points',
      ),
    );
  return findings;
}

// A guest that rewrites a gibibyte during its backup is nothing unusual.
const scratchBytes = 1024 ** 3;

function scratchFinding({ scratch }: ObservedState): DoctorFinding {
  if (!scratch.seen)
    return finding(
      'error',
      scratch.failure.code,
      'scratch',
      scratch.failure.message,
      'mount or make it',
    );
  const { path, freeBytes, limitBytes } = scratch.value;
  const room = Math.min(freeBytes, limitBytes ?? freeBytes);
  return room < scratchBytes
    ? finding(
        'warning',
        'scratch-small',
        'scratch',
        `${path} has room for ${room} bytes: guests that write much will lose their backup`,
        'free space, or move scratch to a larger disk (host file: scratch.path)',
      )
    : finding('ok', 'scratch', 'scratch', `${path} has room`);
}

import { join } from 'node:path';
import type { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import { createLibvirt, type LibvirtOptions } from '../../src/hypervisor/libvirt/libvirt.ts';
import type { ObservedDisk, ObservedDomain } from '../../src/model/observed.ts';
import { virsh, type Lab, type LabDomain } from './lab.ts';

/** A checkpoint of ours, as far as its name says. */
export const checkpoint = 'holdfast-0a0a0a0a-20261122T020000Z-0001';

/** The driver, with its files in the lab's directory. */
export const driverOf = (lab: Lab, options: Partial<LibvirtOptions> = {}): Hypervisor =>
  createLibvirt({ uri: lab.uri, runDir: join(lab.dir, 'run'), ...options });

/** What the driver sees of a domain that must be there. */
export async function look(lab: Lab, domain: LabDomain): Promise<ObservedDomain> {
  const found = await driverOf(lab).look(domain.uuid, []);
  if (!found.seen || found.value === null) throw new Error(JSON.stringify(found));
  return found.value;
}

/** A disk that must be there. */
export function diskOf(domain: ObservedDomain, target: string): ObservedDisk {
  const disk = domain.disks.find((one) => one.target === target);
  if (disk === undefined) throw new Error(`no ${target}`);
  return disk;
}

/** Makes a checkpoint with a bitmap on every qcow2 disk. */
export async function track(domain: LabDomain, name = checkpoint): Promise<void> {
  const disks = domain.disks.flatMap(({ target, format }) =>
    format === 'qcow2' ? ['--diskspec', target] : ['--diskspec', `${target},checkpoint=no`],
  );
  await virsh('checkpoint-create-as', domain.uuid, name, ...disks);
}

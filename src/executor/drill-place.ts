import { join } from 'node:path';
import { swtpmDirectory } from '../hypervisor/libvirt/firmware.ts';
import { machineLog } from '../hypervisor/libvirt/machine-log.ts';
import { digestOf } from '../model/canonical.ts';
import type { Drill } from '../model/drill-action.ts';
import { drillName, type DrillGuest } from '../model/drill.ts';
import { domainUuid } from '../model/identity.ts';
import type { Tools } from './tools.ts';

/** Everything that a drill makes on this host: named before any of it is there, gone when it ends. */
export interface DrillPlace {
  readonly guest: DrillGuest;
  /** Overlays, UEFI variables, the picture: below the scratch directory. */
  readonly files: string;
  /** Sockets of its image servers. */
  readonly sockets: string;
  /** libvirt keeps the state of an emulated TPM under the uuid of its machine. */
  readonly tpm: string;
  /** All of these, and the log that libvirt keeps of its machine: what is removed when it ends. */
  readonly paths: readonly string[];
}

/** Where a drill of this run is made. */
export function drillPlace({ domain }: Pick<Drill, 'domain'>, tools: Tools): DrillPlace {
  const { drivers, run, number } = tools;
  const name = `drill-${run}-${number}`;
  const digits = digestOf(['drill', run, number, domain.uuid]);
  // A random uuid's form (RFC 4122, version 4); a run's id is used once.
  const uuid = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
  const guest = { uuid: domainUuid(uuid), name: drillName(domain.name, run) };
  const files = join(drivers.scratchDir, name);
  const sockets = join(drivers.runtimeDir, name);
  const tpm = join(swtpmDirectory, uuid);
  // Of one name each: without this, hundreds of domains leave thousands a year.
  const log = machineLog(guest.name);
  return {
    guest,
    files,
    sockets,
    tpm,
    paths: [files, sockets, tpm, ...(log === null ? [] : [log])],
  };
}

/** Where the chain lies that is booted: the store, or its copies at a mirror in a directory. */
export function drillRoot({ from, store }: Pick<Drill, 'from' | 'store'>): string {
  return from === null ? store.path : join(from.path, store.id);
}

/** The point's directory. */
export function drilledPoint(action: Drill): string {
  const { directory, chain, pointDirectory } = action;
  return join(drillRoot(action), 'domains', directory, chain, pointDirectory);
}

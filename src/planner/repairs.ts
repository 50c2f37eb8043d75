import { addressOf } from '../model/address.ts';
import type { EndDrill } from '../model/drill-action.ts';
import type { DomainUuid } from '../model/identity.ts';
import { leftOf, type Left } from '../model/leftover.ts';
import type { LeftFile } from '../model/observed.ts';
import type {
  AbortJob,
  DiscardFiles,
  DiscardIncoming,
  RestorePowerState,
  ThawDomain,
} from '../model/repair-action.ts';
import type { PutBack } from '../model/restore-action.ts';
import { unreachable } from '../model/result.ts';
import { byText, grouped } from './order.ts';
import type { Planning } from './planning.ts';

/** A repair of the host: of what dead runs left outside stores. */
export type HostRepair =
  | AbortJob
  | ThawDomain
  | RestorePowerState
  | PutBack
  | DiscardFiles
  | EndDrill;

/** What dead runs left on the host; of a hypervisor that was not seen nothing is repaired. */
export function leftovers({ observed: { runs, hypervisor } }: Planning): readonly Left[] {
  return runs.seen && hypervisor.seen ? leftOf(runs.value, hypervisor) : [];
}

/**
 * What dead runs began and left on the host, as explicit actions: a guest that
 * is frozen (I10), a job whose scratch grows (I14), a domain that was started
 * for a point (I11), images that a restore had set aside, files of their own.
 */
export function hostRepairs(planning: Planning): readonly HostRepair[] {
  const repairs = leftovers(planning).flatMap((left) => repairOf(left) ?? []);
  const aborts = abortsOf(repairs);
  // While any job is on a domain no scratch is discarded, that of another dead run neither.
  return repairs.map((repair) =>
    repair.kind === 'discard-files' && repair.intent === 'backup-job'
      ? { ...repair, dependsOn: aborts(repair.domain.uuid) }
      : repair,
  );
}

/** Ids of the repairs that end jobs, by the domain that they are on. */
function abortsOf(repairs: readonly HostRepair[]): (uuid: DomainUuid) => readonly string[] {
  const aborts = grouped(
    repairs.filter(({ kind }) => kind === 'abort-job'),
    ({ domain }) => domain.uuid,
  );
  return (uuid) => (aborts.get(uuid) ?? []).map(({ id }) => id).toSorted(byText);
}

function repairOf({ run: { run, startedAt }, intent, domain, leftover }: Left): HostRepair | null {
  if (leftover.is !== 'left') return null;
  const { undo, files } = leftover;
  const name = (domain.seen ? domain.value?.name : null) ?? intent.name;
  const base = {
    id: `${undo}:${run}:${intent.uuid}`,
    wave: 10,
    address: addressOf(name),
    domain: { uuid: intent.uuid, name },
    run,
    dependsOn: [],
    reasons: [{ code: 'left-by-run', facts: { run, startedAt } }],
    place: null,
    blockedBy: [],
    bytes: null,
  } as const;
  switch (intent.kind) {
    case 'frozen-domain':
      return { ...base, kind: 'thaw-domain' };
    case 'started-domain':
      return { ...base, kind: 'restore-power-state', runningId: intent.runningId };
    case 'restore-swap':
      return { ...base, kind: 'put-back', swaps: intent.swaps };
    case 'backup-job':
      if (undo === 'abort-job') {
        return { ...base, kind: undo, socket: intent.socket, scratch: intent.scratch };
      }
      return discard(base, intent.kind, files);
    case 'restore-files':
      return discard(base, intent.kind, files);
    case 'drill':
      return {
        ...base,
        kind: 'end-drill',
        // A run may have left several drills of a domain.
        id: `end-drill:${run}:${intent.guest.uuid}`,
        guest: intent.guest,
        paths: files.map(({ path }) => path),
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    case 'device-write':
      return null;
    default:
      return unreachable(intent);
  }
}

function discard(
  base: Omit<DiscardFiles, 'kind' | 'intent' | 'paths'>,
  intent: DiscardFiles['intent'],
  files: readonly LeftFile[],
): DiscardFiles {
  return {
    ...base,
    kind: 'discard-files',
    // A run may have left files of both kinds.
    id: `discard-files:${intent}:${base.run}:${base.domain.uuid}`,
    intent,
    paths: files.map(({ path }) => path),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Devices by domain that a restore which died had begun to overwrite: no repair makes them whole. */
export function halfWrittenDevices(planning: Planning): ReadonlyMap<DomainUuid, readonly string[]> {
  const devices = new Map<DomainUuid, readonly string[]>();
  for (const { intent, leftover } of leftovers(planning)) {
    if (intent.kind !== 'device-write' || leftover.is !== 'withheld') continue;
    devices.set(intent.uuid, [...(devices.get(intent.uuid) ?? []), ...intent.devices]);
  }
  return devices;
}

/** `.incoming-` directories that no living process holds, in stores that can be written. */
export function incomingRepairs(
  planning: Planning,
  repairs: readonly HostRepair[],
): readonly DiscardIncoming[] {
  // A job that still runs may have somebody who reads it.
  const before = abortsOf(repairs);
  const names = new Map(planning.domains.map(({ uuid, name }) => [uuid, name]));
  return planning.stores.flatMap(({ ref, ready, trouble }) => {
    if (ref === null || ready === null || trouble !== null) return [];
    return ready.directories.flatMap(({ uuid, incoming, name }) =>
      incoming
        .filter(({ busy }) => !busy)
        .map((one): DiscardIncoming => {
          const domain = { uuid, name: names.get(uuid) ?? name };
          return {
            kind: 'discard-incoming',
            id: `discard-incoming:${ref.name}:${one.path}`,
            wave: 10,
            address: addressOf(domain.name, one.chain),
            dependsOn: before(uuid),
            reasons: [{ code: 'unfinished-point' }],
            place: null,
            blockedBy: [],
            bytes: one.bytes,
            domain,
            store: ref,
            path: one.path,
            point: one.point,
          };
        }),
    );
  });
}

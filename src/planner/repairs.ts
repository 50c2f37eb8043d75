import type {
  AbortJob,
  DiscardIncoming,
  PutBack,
  RestorePowerState,
  ThawDomain,
} from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import type { ObservedDomain, ObservedRun, OpenIntent } from '../model/observed.ts';
import { unreachable } from '../model/result.ts';
import { byText, grouped } from './order.ts';
import type { Planning } from './planning.ts';

/** A repair of the host: of what dead runs left outside stores. */
export type HostRepair = AbortJob | ThawDomain | RestorePowerState | PutBack;

/**
 * What dead runs began and left on the host, as explicit actions: a guest that
 * is frozen (I10), a job whose scratch grows (I14), a domain that was started
 * for a point (I11), images that a restore had set aside. A domain that could
 * not be seen is left to the next plan, but for the thaw: that needs no look.
 */
export function hostRepairs({ observed }: Planning): readonly HostRepair[] {
  if (!observed.runs.seen || !observed.hypervisor.seen) return [];
  const domains = new Map(observed.hypervisor.value.domains.map((one) => [one.uuid, one]));
  const unread = new Set(observed.hypervisor.value.unseenDomains.map(({ uuid }) => uuid));
  return observed.runs.value.flatMap((run) =>
    run.open.flatMap((intent): readonly HostRepair[] => {
      const repair = hostRepair(run, intent, domains.get(intent.uuid), unread.has(intent.uuid));
      return repair === null ? [] : [repair];
    }),
  );
}

function hostRepair(
  { run, startedAt }: ObservedRun,
  intent: OpenIntent,
  domain: ObservedDomain | undefined,
  unread: boolean,
): HostRepair | null {
  const name = domain?.name ?? intent.name;
  const base = {
    id: `${repairKind[intent.kind]}:${run}:${intent.uuid}`,
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
      return unread || isUp(domain) ? { ...base, kind: 'thaw-domain' } : null;
    case 'backup-job':
      if (domain?.job?.run !== run) return null;
      return { ...base, kind: 'abort-job', socket: intent.socket, scratch: intent.scratch };
    case 'started-domain':
      return isStillOurs(domain, intent.runningId)
        ? { ...base, kind: 'restore-power-state', runningId: intent.runningId }
        : null;
    case 'restore-swap':
      // What runs has its images open: exchanging them would lose what the guest wrote.
      return unread || (domain !== undefined && domain.state !== 'off')
        ? null
        : { ...base, kind: 'put-back', swaps: intent.swaps };
    default:
      return unreachable(intent);
  }
}

const repairKind = {
  'frozen-domain': 'thaw-domain',
  'backup-job': 'abort-job',
  'started-domain': 'restore-power-state',
  'restore-swap': 'put-back',
} as const;

function isUp(domain: ObservedDomain | undefined): boolean {
  return domain !== undefined && domain.state !== 'off' && domain.state !== 'crashed';
}

/** Whether a domain is the one that a run started, and nobody resumed it since. */
function isStillOurs(domain: ObservedDomain | undefined, runningId: number | null): boolean {
  if (domain?.state !== 'paused') return false;
  return runningId === null || runningId === domain.runningId;
}

/** `.incoming-` directories that no living process holds, in stores that can be written. */
export function incomingRepairs(
  planning: Planning,
  repairs: readonly HostRepair[],
): readonly DiscardIncoming[] {
  // A job that still runs may have somebody who reads it.
  const before = grouped(
    repairs.filter(({ kind }) => kind === 'abort-job'),
    ({ domain }) => domain.uuid,
  );
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
            dependsOn: (before.get(uuid) ?? []).map(({ id }) => id).toSorted(byText),
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

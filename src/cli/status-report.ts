import type { DesiredStore } from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import { secondsBetween, type Instant } from '../model/instant.ts';
import type { ObservedChain, ObservedStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { DomainVerdict, Plan } from '../model/plan.ts';
import type { StatusDomain, StatusReport, StatusStore } from '../model/report.ts';
import type { Failure } from '../model/result.ts';
import { amountOf } from './amount.ts';
import type { ExitCode } from './exit.ts';

/** Health of an observation: what a plan says of each domain, and what each store holds. */
export function statusReport(
  plan: Plan,
  observed: ObservedState,
  stores: readonly DesiredStore[],
): StatusReport {
  const unseenStores = observed.stores.some(({ state }) => state.kind === 'unseen');
  const held = pointsByDomain(observed.stores);
  return {
    formatVersion: 1,
    host: plan.host,
    at: observed.observedAt,
    timezone: plan.policy.timezone,
    domains: plan.domains.map((verdict): StatusDomain => {
      const { domain, freshAt, rpoSeconds, nextDueAt, reasons } = verdict;
      const { points, bytes } = held.get(domain.uuid) ?? { points: 0, bytes: 0 };
      return {
        uuid: domain.uuid,
        name: domain.name,
        verdict: verdict.verdict,
        reasons,
        freshAt,
        rpoSeconds,
        rpo: rpoOf(verdict, observed.observedAt, unseenStores),
        nextDueAt,
        points,
        bytes,
      };
    }),
    stores: observed.stores.map((store) =>
      storeRow(
        store,
        stores.find(({ name }) => name === store.name),
      ),
    ),
    unseen: unseenParts(observed),
  };
}

/** 9 when something was not seen, 1 when an RPO is missed, else 0: what is unseen may hide the worst. */
export function statusExit(report: StatusReport): ExitCode {
  const unseen =
    report.unseen.length > 0 ||
    report.stores.some(({ failure }) => failure !== null) ||
    report.domains.some(({ verdict }) => verdict === 'unseen');
  if (unseen) return 9;
  return report.domains.some(({ rpo }) => rpo === 'missed') ? 1 : 0;
}

function rpoOf(
  { verdict, freshAt, rpoSeconds }: DomainVerdict,
  now: Instant,
  unseenStores: boolean,
): StatusDomain['rpo'] {
  if (rpoSeconds === null) return 'none';
  if (freshAt !== null && secondsBetween(freshAt, now) <= rpoSeconds) return 'met';
  // A newer point may lie where nothing could be seen.
  return verdict === 'unseen' || unseenStores ? 'unseen' : 'missed';
}

interface Sum {
  readonly points: number;
  readonly bytes: number;
}

const plus = (a: Sum, b: Sum): Sum => ({ points: a.points + b.points, bytes: a.bytes + b.bytes });

function chainSum(chain: ObservedChain): Sum {
  return {
    points: chain.points.filter(({ fault }) => fault === undefined).length,
    bytes: chain.points.reduce((total, point) => total + point.bytes, 0),
  };
}

/** Valid points, and the bytes of all of them, by domain. */
function pointsByDomain(stores: readonly ObservedStore[]): ReadonlyMap<DomainUuid, Sum> {
  const sums = new Map<DomainUuid, Sum>();
  for (const { state } of stores) {
    if (state.kind !== 'ready') continue;
    for (const { uuid, chains } of state.directories) {
      const before = sums.get(uuid) ?? { points: 0, bytes: 0 };
      sums.set(uuid, chains.map(chainSum).reduce(plus, before));
    }
  }
  return sums;
}

function storeRow(store: ObservedStore, desired: DesiredStore | undefined): StatusStore {
  const { name, path, state } = store;
  const nothing = { points: 0, bytes: 0, trashBytes: 0 };
  if (state.kind === 'unseen') {
    const { failure } = state;
    return {
      name,
      path,
      freeBytes: null,
      totalBytes: null,
      reserveBytes: null,
      ...nothing,
      failure,
    };
  }
  const { freeBytes, totalBytes } = state;
  const reserveBytes = desired === undefined ? null : amountOf(desired.reserve, totalBytes);
  const space = { name, path, freeBytes, totalBytes, reserveBytes };
  if (state.kind === 'blank') return { ...space, ...nothing, failure: null };
  const chains = state.directories.flatMap((directory) => directory.chains);
  const { points, bytes } = chains.map(chainSum).reduce(plus, { points: 0, bytes: 0 });
  const trashBytes = state.trash.reduce((total, item) => total + item.bytes, 0);
  return { ...space, points, bytes, trashBytes, failure: null };
}

function unseenParts(
  observed: ObservedState,
): readonly { readonly part: string; readonly failure: Failure }[] {
  const parts = [
    { part: 'libvirt', state: observed.hypervisor },
    { part: 'scratch', state: observed.scratch },
    { part: 'runs', state: observed.runs },
  ];
  return parts.flatMap(({ part, state }) => (state.seen ? [] : [{ part, failure: state.failure }]));
}

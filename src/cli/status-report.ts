import { addressOf } from '../model/address.ts';
import { bytesOfAmount } from '../model/amount.ts';
import type { DesiredState } from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import { secondsBetween, type Instant } from '../model/instant.ts';
import type { ObservedChain, ObservedDirectory, ObservedStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { DomainVerdict, Plan } from '../model/plan.ts';
import type { Failure } from '../model/result.ts';
import type {
  StatusCopies,
  StatusDomain,
  StatusReport,
  StatusStore,
} from '../model/status-report.ts';
import { bearsOnPlan } from '../planner/completeness.ts';
import { forecastOf } from '../planner/forecast.ts';
import { checksAge, checksByDomain } from './checks-age.ts';
import { copiesAge } from './copies-age.ts';
import type { ExitCode } from './exit.ts';

/** Health of an observation: what a plan says of each domain, and what each store holds. */
export function statusReport(
  plan: Plan,
  observed: ObservedState,
  desired: Pick<DesiredState, 'stores' | 'removed' | 'domains' | 'mirrors'>,
): StatusReport {
  const stores = observed.stores.map((store) => storeRow(store, desired, observed.observedAt));
  const unseenStores = stores.some(isMissed);
  const held = pointsByDomain(observed.stores);
  const copies = copiesByDomain(desired, observed);
  const checks = checksByDomain(plan, desired.domains, observed);
  return {
    formatVersion: 1,
    host: plan.host,
    at: observed.observedAt,
    timezone: plan.policy.timezone,
    domains: plan.domains.map((verdict): StatusDomain => {
      const { domain, freshAt, rpoSeconds, nextDueAt, reasons } = verdict;
      const { points, bytes, faulty } = held.get(domain.uuid) ?? nothing;
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
        faulty,
        ...unmendableOf(plan, domain.name),
        ...copies.get(domain.uuid),
        ...checks.get(domain.uuid),
        ...drillOf(domain.uuid, observed, desired),
      };
    }),
    stores,
    unseen: unseenParts(observed),
  };
}

/** 9 when something was not seen, 1 when an RPO is missed, points are damaged or the newest drill failed, else 0: what is unseen may hide the worst. */
export function statusExit(report: StatusReport): ExitCode {
  const unseen =
    report.unseen.length > 0 ||
    report.stores.some(isMissed) ||
    report.domains.some(({ verdict }) => verdict === 'unseen');
  if (unseen) return 9;
  return report.domains.some(
    (domain) => domain.rpo === 'missed' || isDamaged(domain.faulty) || isUnproven(domain),
  )
    ? 1
    : 0;
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

/** How many of its damaged points no mirror has sound, if any. */
function unmendableOf({ notes }: Plan, name: string): Pick<StatusDomain, 'noSoundCopy'> {
  const own = `${addressOf(name)}/`;
  const noSoundCopy = notes.filter(
    ({ code, address }) => code === 'no-sound-copy' && address.startsWith(own),
  ).length;
  return noSoundCopy === 0 ? {} : { noSoundCopy };
}

/** Its drills, if any are wanted or were made: the newest that any store knows. */
function drillOf(
  uuid: DomainUuid,
  { stores }: ObservedState,
  { domains }: Pick<DesiredState, 'domains'>,
): Pick<StatusDomain, 'drill'> {
  const wanted = domains.find((domain) => domain.uuid === uuid)?.drill !== undefined;
  const [newest] = stores
    .flatMap(({ state }) => (state.kind === 'ready' ? state.directories : []))
    .flatMap(({ uuid: owner, drills }) => (owner === uuid && drills !== undefined ? [drills] : []))
    .toSorted((a, b) => (a.last.at < b.last.at ? 1 : -1));
  return wanted || newest !== undefined ? { drill: { wanted, drill: newest ?? null } } : {};
}

/** Whether the newest drill of a domain failed. */
const isUnproven = ({ drill }: StatusDomain): boolean => drill?.drill?.last.result === 'failed';

const isDamaged = (faulty: StatusDomain['faulty']): boolean => Object.keys(faulty).length > 0;

type Sum = Pick<StatusDomain, 'points' | 'bytes' | 'faulty'>;

const nothing: Sum = { points: 0, bytes: 0, faulty: {} };

function plus(sum: Sum, chain: ObservedChain): Sum {
  const faulty = { ...sum.faulty };
  let { points, bytes } = sum;
  for (const point of chain.points) {
    bytes += point.bytes;
    if (point.fault === undefined) points += 1;
    else faulty[point.fault] = (faulty[point.fault] ?? 0) + 1;
  }
  return { points, bytes, faulty };
}

/** Valid points, faulty ones, and the bytes of all of them, by domain. */
function pointsByDomain(stores: readonly ObservedStore[]): ReadonlyMap<DomainUuid, Sum> {
  const sums = new Map<DomainUuid, Sum>();
  for (const { state } of stores) {
    if (state.kind !== 'ready') continue;
    for (const { uuid, chains } of state.directories) {
      sums.set(uuid, chains.reduce(plus, sums.get(uuid) ?? nothing));
    }
  }
  return sums;
}

/** The copies of each domain at the mirrors that its rule names, by uuid. */
function copiesByDomain(
  { domains, mirrors: wanted }: Pick<DesiredState, 'domains' | 'mirrors'>,
  { mirrors, stores, observedAt }: ObservedState,
): ReadonlyMap<DomainUuid, Pick<StatusDomain, 'copies'>> {
  const rules = new Map(wanted.map((mirror) => [mirror.name, mirror]));
  return new Map(
    domains.flatMap(({ uuid, store, mirrors: names }) => {
      if (names.length === 0) return [];
      const state = stores.find(({ name }) => name === store)?.state;
      const here = state?.kind === 'ready' ? chainsOf(state.directories, uuid) : null;
      const copies = names.flatMap((mirror): readonly StatusCopies[] => {
        const looks = mirrors.find(({ name }) => name === mirror)?.stores ?? [];
        const look = looks.find((each) => each.store === store)?.state;
        // Of a store that is not there yet, nothing can be anywhere.
        if (look === undefined) return [];
        if (!look.seen) return [{ mirror, newestAt: null, behind: null, failure: look.failure }];
        const there = chainsOf(look.value.directories, uuid);
        const faulty = there.flatMap(({ points }) => points).filter(({ fault }) => fault).length;
        const verification = rules.get(mirror)?.verification;
        return [
          {
            mirror,
            ...copiesAge(here, there),
            failure: null,
            ...(faulty === 0 ? {} : { faulty }),
            ...(verification === undefined
              ? {}
              : { checks: checksAge(there, verification, observedAt) }),
          },
        ];
      });
      return [[uuid, { copies }] as const];
    }),
  );
}

function chainsOf(
  directories: readonly Pick<ObservedDirectory, 'uuid' | 'chains'>[],
  uuid: DomainUuid,
): readonly ObservedChain[] {
  return directories.filter((each) => each.uuid === uuid).flatMap(({ chains }) => chains);
}

/** Whether a store was not seen and something is decided by what is in it. */
function isMissed({ failure, isUnused }: StatusStore): boolean {
  return failure !== null && isUnused !== true;
}

function storeRow(
  { name, path, state }: ObservedStore,
  all: Pick<DesiredState, 'stores' | 'removed'>,
  now: Instant,
): StatusStore {
  const desired = all.stores.find((store) => store.name === name);
  const unused =
    desired === undefined || bearsOnPlan(desired, all) ? {} : ({ isUnused: true } as const);
  const empty = { points: 0, bytes: 0, trashBytes: 0 };
  if (state.kind === 'unseen') {
    const { failure } = state;
    return {
      name,
      path,
      freeBytes: null,
      totalBytes: null,
      reserveBytes: null,
      ...empty,
      failure,
      ...unused,
    };
  }
  const { freeBytes, totalBytes } = state;
  const reserveBytes = desired === undefined ? null : bytesOfAmount(desired.reserve, totalBytes);
  const space = { name, path, freeBytes, totalBytes, reserveBytes };
  if (state.kind === 'blank') return { ...space, ...empty, failure: null, ...unused };
  const chains = state.directories.flatMap((directory) => directory.chains);
  const { points, bytes } = chains.reduce(plus, nothing);
  const trashBytes = state.trash.reduce((total, item) => total + item.bytes, 0);
  const forecast = desired === undefined ? null : forecastOf(state, desired, now);
  const fills = forecast === null ? {} : { forecast };
  return { ...space, ...fills, points, bytes, trashBytes, failure: null, ...unused };
}

function unseenParts(
  observed: ObservedState,
): readonly { readonly part: string; readonly failure: Failure }[] {
  const parts = [
    { part: 'libvirt', state: observed.hypervisor },
    { part: 'scratch', state: observed.scratch },
    { part: 'runs', state: observed.runs },
  ];
  const mirrors = observed.mirrors.flatMap(({ name, stores }) =>
    stores.map(({ state }) => ({ part: name, state })),
  );
  return [...parts, ...mirrors].flatMap(({ part, state }) =>
    state.seen ? [] : [{ part, failure: state.failure }],
  );
}

import { randomBytes } from 'node:crypto';
import type { Drivers, StoreLimits } from '../executor/drivers.ts';
import { realFileChecks } from '../executor/file-checks.ts';
import { realHostFiles } from '../executor/host-files.ts';
import { hostJournals } from '../executor/host-journals.ts';
import { nbdImages } from '../executor/nbd-images.ts';
import { realPointImages } from '../executor/point-images.ts';
import type { Means } from '../loop/means.ts';
import { bytesOfAmount } from '../model/amount.ts';
import type { DesiredStore } from '../model/desired.ts';
import { runId } from '../model/identity.ts';
import { compactInstant, instantOf } from '../model/instant.ts';
import type { ObservedStore } from '../model/observed-store.ts';
import { ok } from '../model/result.ts';
import { createStore } from '../store/create.ts';
import { realFiles } from '../store/files.ts';
import { realJournalFiles } from '../store/journal-files.ts';
import { openStore } from '../store/open.ts';
import { complain, type Context } from './context.ts';
import type { Session } from './session.ts';
import { userName } from './user-name.ts';

/** The executor's drivers on this host. */
function driversOf(
  context: Context,
  { host, hostName, hypervisor, openMirrorPlace, endedRuns }: Session,
): Drivers {
  const clock = () => instantOf(context.clock.now());
  return {
    hypervisor,
    openStore: (ref) => openStore(ref),
    createStore: (ref, at) => createStore(ref, at),
    openMirror: (ref) => {
      const place = openMirrorPlace(ref);
      return place.ok ? ok(place.value.of(ref.store)) : place;
    },
    images: nbdImages,
    pointImages: realPointImages,
    checks: realFileChecks,
    journals: hostJournals(host.stateDir, clock, realJournalFiles, endedRuns),
    files: realHostFiles,
    clock,
    tool: context.tool,
    host: hostName,
    who: userName(context.terminal.env),
    scratchDir: host.scratch.path,
    scratchLimitBytes: host.scratch.limitBytes,
    drillScripts: host.drill.scripts,
    runtimeDir: host.runtimeDir,
  };
}

/** What a plan is done with on this host; `parallelism` is the number of actions at once. */
export function meansOf(context: Context, session: Session, parallelism: number): Means {
  const { host, policy } = session;
  const at = (): string => compactInstant(instantOf(context.clock.now()));
  return {
    drivers: driversOf(context, session),
    newRun: () => runId(`${at()}-${randomBytes(4).toString('hex')}`),
    parallelism,
    limitsOf: ({ stores }) => storeLimits(policy.stores, stores),
    hostRateBytesPerSecond: host.limits.rateBytesPerSecond,
    stateDir: host.stateDir,
    files: realFiles,
    policyText: policy.text,
    warn: (message) => complain(context, message),
  };
}

/** What the policy allows in each store, with the reserve in bytes of the disk that was seen. */
function storeLimits(
  desired: readonly DesiredStore[],
  observed: readonly ObservedStore[],
): ReadonlyMap<string, StoreLimits> {
  return new Map(
    desired.map(({ name, limits, reserve }) => {
      const state = observed.find((store) => store.name === name)?.state;
      const total = state === undefined || state.kind === 'unseen' ? 0 : state.totalBytes;
      return [name, { ...limits, reserveBytes: bytesOfAmount(reserve, total) }];
    }),
  );
}

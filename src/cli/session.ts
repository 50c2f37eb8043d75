import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { createLibvirt } from '../hypervisor/libvirt/libvirt.ts';
import { mirrorPlaces, type OpenMirrorPlace } from '../mirror/open-mirror.ts';
import type { ObservedStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { ok, type Result } from '../model/result.ts';
import type { MirrorQuery } from '../observer/observe-mirrors.ts';
import { observe } from '../observer/observe.ts';
import { policyLine } from '../planner/plan-policy.ts';
import type { HostFile } from '../policy/host-file.ts';
import { resolvePolicy } from '../policy/resolve-policy.ts';
import type { EndedRuns } from '../store/ended-runs.ts';
import { realJournalFiles } from '../store/journal-files.ts';
import { observeStore } from '../store/observe.ts';
import { readOpenJobs } from '../store/open-jobs.ts';
import { readRuns } from '../store/runs.ts';
import type { Context, Refusal } from './context.ts';
import { loadHost } from './host.ts';
import { loadPolicy, policyOfStore, type LoadedPolicy } from './load-policy.ts';
import { mirrorQueries } from './mirror-queries.ts';

/** This host with its policy: what most commands begin with. */
export interface Session {
  readonly host: HostFile;
  readonly hostName: string;
  readonly policy: LoadedPolicy;
  readonly hypervisor: Hypervisor;
  readonly openMirrorPlace: OpenMirrorPlace;
  /** Journals whose end this process has seen: an agent's sessions share it. */
  readonly endedRuns: EndedRuns;
  /** Observes everything. */
  look(): Promise<ObservedState>;
  /** Observes this host alone: whoever restores must not wait for a mirror that is away. */
  lookHere(): Promise<ObservedState>;
  /** Observes the stores alone: needs no libvirt. */
  lookAtStores(): Promise<readonly ObservedStore[]>;
}

/**
 * Reads host file and policy; connects to nothing yet but, with `fetch`, to the
 * policy's git source: who restores must not wait for that. With a store's path no policy is needed.
 */
export async function openSession(
  context: Context,
  store?: string,
  {
    fetch = false,
    endedRuns = new Map(),
  }: { readonly fetch?: boolean; readonly endedRuns?: EndedRuns } = {},
): Promise<Result<Session, Refusal>> {
  const host = loadHost(context);
  if (!host.ok) return host;
  if (store !== undefined) {
    const policy = policyOfStore(resolve(context.terminal.cwd, store));
    return policy.ok ? ok(sessionOf(context, host.value, policy.value, endedRuns)) : policy;
  }
  const policy = await loadPolicy(context, host.value, fetch);
  return policy.ok ? ok(sessionOf(context, host.value, policy.value, endedRuns)) : policy;
}

function sessionOf(
  context: Context,
  host: HostFile,
  policy: LoadedPolicy,
  endedRuns: EndedRuns,
): Session {
  const hypervisor = createLibvirt({
    uri: host.uri,
    runDir: host.runtimeDir,
    now: context.clock.now,
  });
  const openMirrorPlace = mirrorPlaces(host.stateDir);
  const queries = policy.stores.map(({ name, path, requireMount }) => ({
    name,
    path,
    requireMount,
    stateDir: host.stateDir,
  }));
  const lookAt = async (mirrors: readonly MirrorQuery[]): Promise<ObservedState> =>
    observe({
      tool: context.tool,
      stores: queries,
      mirrors,
      scratch: host.scratch,
      drills: {
        memoryLimitBytes: host.drill.memoryLimitBytes,
        network: host.drill.network,
        scripts: Object.keys(host.drill.scripts).toSorted(),
      },
      hypervisor,
      observeStore,
      openJobs: () => readOpenJobs(host.stateDir, realJournalFiles, endedRuns),
      deadRuns: async () => readRuns(host.stateDir, realJournalFiles, endedRuns),
      ...context.clock,
    });
  return {
    host,
    hostName: hostname(),
    policy,
    hypervisor,
    openMirrorPlace,
    endedRuns,
    look: async () => lookAt(mirrorQueries(policy, openMirrorPlace)),
    lookHere: async () => lookAt([]),
    lookAtStores: async () => Promise.all(queries.map(async (query) => observeStore(query))),
  };
}

/** The policy's line in a plan. */
export function policyFacts({ policy }: Session): Plan['policy'] {
  return policyLine(resolvePolicy(policy, [], policy.git));
}

import type { DomainRef } from '../../../src/model/action-base.ts';
import type { DesiredState } from '../../../src/model/desired.ts';
import type {
  ObservedDirectory,
  ReadyStore,
  StoreMemory,
} from '../../../src/model/observed-store.ts';
import type { ObservedDomain, ObservedState } from '../../../src/model/observed.ts';
import type { Request } from '../../../src/model/plan.ts';
import { fail, ok } from '../../../src/model/result.ts';
import { readPolicy } from '../../../src/policy/read-policy.ts';
import { resolvePolicy } from '../../../src/policy/resolve-policy.ts';
import { mainStore, memoryFor, observedState, readyStore } from '../build.ts';

/** One story: what the policy says, what is seen, and what was asked for. */
export interface Story {
  /** Name of its folder. */
  readonly name: string;
  readonly policy: string;
  readonly observed: ObservedState;
  readonly request: Partial<Request>;
}

/** A policy file: these lines at its end, the usual ones before. */
export function policyText({
  keep = '{ chains: 1 }',
  chain = '{ maxPoints: 30 }',
  rules = ['match: "*"'],
  store = '{ path: /backups, reserve: 10%, trash: { keepFor: 72h } }',
  host = 'kvm01',
  more = [],
}: {
  readonly keep?: string;
  readonly chain?: string;
  readonly rules?: readonly string[];
  readonly store?: string;
  readonly host?: string;
  readonly more?: readonly string[];
} = {}): string {
  return [
    'version: 1',
    `host: ${host}`,
    'timezone: Europe/Berlin',
    'stores:',
    `  main: ${store}`,
    'schedules:',
    '  nightly: "0 2 * * *"',
    'retention:',
    `  standard: { chain: ${chain}, keep: ${keep} }`,
    'defaults: { store: main, schedule: nightly, retention: standard, rpo: 26h }',
    'domains:',
    ...rules.map((rule) => `  - { ${rule} }`),
    ...more,
    '',
  ].join('\n');
}

/** What is seen beside domains and directories; `memory` null: the store remembers nothing. */
export interface SeenBeside extends Partial<ObservedState> {
  readonly store?: Partial<ReadyStore>;
  readonly memory?: Partial<StoreMemory> | null;
}

/** Tells a story of these domains and directories in a store that remembers them. */
export function story(
  name: string,
  policy: string,
  domains: readonly ObservedDomain[],
  directories: readonly ObservedDirectory[],
  beside: SeenBeside = {},
  request: Partial<Request> = {},
): Story {
  const { store = {}, memory = {}, ...more } = beside;
  const ready = readyStore(directories, store);
  const bare = observedState(domains, [mainStore(ready)], more);
  if (memory === null || more.stores !== undefined)
    return { name, policy, observed: bare, request };
  const desired = desiredOf(policy, bare);
  const remembered = { ...ready, memory: memoryFor(desired, ready, memory) };
  return { name, policy, observed: { ...bare, stores: [mainStore(remembered)] }, request };
}

/** The policy as the command line reads it, for the domains that are seen or have points. */
export function desiredOf(text: string, observed: ObservedState): DesiredState {
  const read = readPolicy('policy.yaml', {
    read: (path) =>
      path === 'policy.yaml'
        ? ok(text)
        : fail({ code: 'missing', message: `${path} is not there` }),
  });
  if (!read.ok) throw new Error(JSON.stringify(read.error, null, 2));
  return resolvePolicy(read.value, knownDomains(observed), { branch: 'main', commit: '9f3c2b7' });
}

/** Domains that libvirt lists, and those of which a store holds points. */
function knownDomains({ hypervisor, stores }: ObservedState): readonly DomainRef[] {
  const listed = hypervisor.seen
    ? [...hypervisor.value.domains, ...hypervisor.value.unseenDomains]
    : [];
  const held = stores.flatMap(({ state }) => (state.kind === 'ready' ? state.directories : []));
  return [...listed, ...held].map(({ uuid, name }) => ({ uuid, name }));
}

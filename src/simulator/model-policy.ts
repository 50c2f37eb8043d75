import { digestOf } from '../model/canonical.ts';
import type {
  DesiredDomain,
  DesiredDrill,
  DesiredMirror,
  DesiredState,
  Keep,
  Retention,
} from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Verification } from '../model/verification.ts';

/** A policy that stories edit: one rule for all domains, with exceptions. */
export interface ModelPolicy {
  readonly cron: string;
  readonly maxPoints: number;
  readonly keep: Keep | null;
  readonly minPoints: number;
  readonly trashKeepHours: number;
  readonly quiesce: DesiredDomain['quiesce'];
  readonly tracker: DesiredDomain['tracker'];
  readonly verify: DesiredDomain['verify'];
  /** When points are checked again; null: never. */
  readonly verification: Verification | null;
  /** How often each domain's newest point is booted, in seconds; null: never. */
  readonly drillSeconds: number | null;
  /** Domains that the policy says nothing of, or to ignore. */
  readonly left: ReadonlySet<DomainUuid>;
  readonly ignored: ReadonlySet<DomainUuid>;
  /** Stores by name; the first is the one of all domains but those in `moved`. */
  readonly stores: readonly { readonly name: string; readonly path: string }[];
  readonly moved: ReadonlySet<DomainUuid>;
  readonly requireMount: boolean;
  /** Old names of renamed domains, said in `moved:`. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /** Every domain goes to each of them. */
  readonly mirrors: readonly ModelMirrorPolicy[];
}

/** What the policy says of one mirror. */
export interface ModelMirrorPolicy {
  readonly name: string;
  readonly keep: Keep | null;
  readonly minPoints: number;
  /** null: right after each backup. */
  readonly cron: string | null;
  readonly deletes: DesiredMirror['deletes'];
  readonly trashKeepHours: number;
  /** When its copies are checked; null: never. */
  readonly verification: Verification | null;
}

export const firstPolicy: ModelPolicy = {
  cron: '0 * * * *',
  maxPoints: 3,
  keep: { chains: 1 },
  minPoints: 1,
  trashKeepHours: 24,
  quiesce: 'try',
  tracker: 'auto',
  verify: 'structure',
  verification: null,
  drillSeconds: null,
  left: new Set(),
  ignored: new Set(),
  stores: [{ name: 'main', path: '/mnt/main' }],
  moved: new Set(),
  requireMount: false,
  renamed: [],
  mirrors: [],
};

const place = { file: 'policy.yaml', line: 1, column: 1 } as const;

function retentionOf({ maxPoints, keep, minPoints }: ModelPolicy): Retention {
  return { name: 'model', chain: { maxPoints, maxAgeSeconds: null }, keep, minPoints };
}

/** What the policy says of the domains that were seen: as `resolvePolicy` fills it in. */
export function desiredState(policy: ModelPolicy, observed: ObservedState): DesiredState {
  const domains = observed.hypervisor.seen
    ? [...observed.hypervisor.value.domains, ...observed.hypervisor.value.unseenDomains]
    : [];
  const known = new Map(domains.map(({ uuid, name }) => [uuid, name]));
  for (const { state } of observed.stores) {
    for (const { uuid, name } of state.kind === 'ready' ? state.directories : []) {
      if (!known.has(uuid)) known.set(uuid, name);
    }
  }
  const managed = [...known].filter(
    ([uuid]) => !policy.left.has(uuid) && !policy.ignored.has(uuid),
  );
  return {
    policy: {
      file: 'policy.yaml',
      digest: digestOf([
        policy.cron,
        policy.keep,
        policy.maxPoints,
        policy.minPoints,
        policy.mirrors,
      ]),
      branch: null,
      commit: null,
      rules: 1,
    },
    host: null,
    timezone: 'Europe/Berlin',
    stores: policy.stores.map(({ name, path }) => ({
      name,
      path,
      place,
      reserve: { kind: 'percent', percent: 1 },
      trashKeepSeconds: policy.trashKeepHours * 3600,
      requireMount: policy.requireMount,
      limits: { jobs: 2, rateBytesPerSecond: null },
    })),
    mirrors: desiredMirrors(policy),
    domains: managed.map(([uuid, name]) => desiredDomain(policy, uuid, name)),
    ignored: [...known]
      .filter(([uuid]) => policy.ignored.has(uuid))
      .map(([uuid, name]) => ({ uuid, name, place })),
    moved: policy.renamed.map((one) => ({ ...one, place })),
    removed: [],
  };
}

/** The mirrors of the policy, as `resolvePolicy` fills them in. */
export function desiredMirrors({ mirrors, maxPoints }: ModelPolicy): readonly DesiredMirror[] {
  return mirrors.map(({ name, keep, minPoints, cron, deletes, trashKeepHours, verification }) => ({
    name,
    type: 'rsync',
    target: `far:/${name}`,
    bandwidthBytesPerSecond: null,
    deletes,
    ssh: { identityFile: null, knownHosts: null, port: null },
    configFile: null,
    retention: { name: 'there', chain: { maxPoints, maxAgeSeconds: null }, keep, minPoints },
    schedule:
      cron === null ? null : { name: 'there', cron, timezone: 'Europe/Berlin', jitterSeconds: 0 },
    trashKeepSeconds: trashKeepHours * 3600,
    // Budgets are the planner's own tests'.
    ...(verification === null
      ? {}
      : { verification: { ...verification, rateBytesPerSecond: 1e12, secondsPerDay: 86_400 } }),
    place,
  }));
}

/** The store of a domain. */
export function storeOf(
  { stores, moved }: ModelPolicy,
  uuid: DomainUuid,
): ModelPolicy['stores'][number] {
  const store = stores[moved.has(uuid) ? stores.length - 1 : 0];
  if (store === undefined) throw new Error('a policy without a store');
  return store;
}

/** A machine that answers does it at once, and one that does not is not waited for. */
const drillOf = (everySeconds: number): DesiredDrill => ({
  everySeconds,
  wait: 'agent',
  port: null,
  timeoutSeconds: 0,
  script: null,
  from: null,
});

function desiredDomain(policy: ModelPolicy, uuid: DomainUuid, name: string): DesiredDomain {
  return {
    uuid,
    name,
    place,
    store: storeOf(policy, uuid).name,
    schedule: {
      name: 'model',
      cron: policy.cron,
      timezone: 'Europe/Berlin',
      jitterSeconds: 0,
    },
    retention: retentionOf(policy),
    mirrors: policy.mirrors.map((mirror) => mirror.name),
    rpoSeconds: null,
    quiesce: policy.quiesce,
    tracker: policy.tracker,
    encryptedDisks: 'refuse',
    disks: { include: null, exclude: [] },
    verify: policy.verify,
    ...(policy.verification === null ? {} : { verification: policy.verification }),
    ...(policy.drillSeconds === null ? {} : { drill: drillOf(policy.drillSeconds) }),
    timeouts: { jobSeconds: 3600, stallSeconds: 300, agentSeconds: 10 },
  };
}

import type { DomainUuid } from '../model/identity.ts';
import type { ObservedHypervisor } from '../model/observed.ts';
import { newDomain } from './model-domain.ts';
import { ModelHost } from './model-host.ts';
import type { ModelImage, Version } from './model-image.ts';
import { firstPolicy, type ModelPolicy } from './model-policy.ts';

/** A host with its policy, and what the oracles must know of its past. */
export interface World {
  readonly host: ModelHost;
  policy: ModelPolicy;
  /** What a stale listing shows: the last but one. */
  stale: ObservedHypervisor | null;
  /** Copies of images that people made, by disk of a domain. */
  readonly copies: Map<string, ModelImage>;
  /** Points that people damaged, and all that they wrote into stores and domains: never ours to touch. */
  readonly damaged: Set<string>;
  readonly foreignFiles: Map<string, string>;
  readonly foreignCheckpoints: Set<string>;
  /** Points whose backup was reported as done: they must be there for ever. */
  readonly acknowledged: Set<string>;
  /** Copies at mirrors that were damaged there, and what people put there, by `MIRROR PATH`. */
  readonly damagedCopies: Set<string>;
  readonly foreignCopies: Map<string, string>;
  /** Chains that a person brought back from the trash, since the last step. */
  broughtBack: { readonly disk: string; readonly trash: string }[];
  /** Those whose way back was begun and not reported as done, by `DISK PATH`. */
  readonly waysBack: Map<string, WayBack>;
  /** Restores in place that were begun and not reported as done: what each path had. */
  readonly attempts: Map<DomainUuid, Attempt>;
  /** Images that a finished restore brought, by path. */
  readonly restored: Map<string, ModelImage>;
  /** Notes of drills that were looked at. */
  readonly drillsSeen: Set<string>;
  /** Paths of chains in the trash whose purge a plan showed. */
  readonly purging: Set<string>;
}

/** A chain's way back from the trash that was begun, and not reported as done. */
export interface WayBack {
  readonly disk: string;
  /** Where in the trash it was. */
  readonly trash: string;
  readonly directory: string;
  /** The host's start in which it was begun: what was renamed is certain at the next one, or was taken back. */
  readonly boots: number;
}

/** A restore in place that nobody reported as done. */
export interface Attempt {
  readonly images: readonly {
    readonly to: string;
    /** What was there, and what the point has. */
    readonly old: ModelImage | null;
    readonly wanted: readonly Version[];
    /** What the restore had already put there, with what the point has. */
    readonly placed: ModelImage | null;
  }[];
}

/** Two domains, one store, a policy with an hourly schedule. */
export function newWorld(): World {
  const host = new ModelHost();
  host.addMount('/mnt/main');
  for (const [number, targets] of [
    [1, ['vda']],
    [2, ['vda', 'vdb']],
  ] as const) {
    const disks = targets.map((target) => ({ target, blocks: 6, inode: host.number() }));
    host.domains.push(newDomain(host.newUuid(), `vm${number}`, disks, host.number()));
  }
  return {
    host,
    policy: firstPolicy,
    stale: null,
    copies: new Map(),
    damaged: new Set(),
    foreignFiles: new Map(),
    foreignCheckpoints: new Set(),
    acknowledged: new Set(),
    damagedCopies: new Set(),
    foreignCopies: new Map(),
    broughtBack: [],
    waysBack: new Map(),
    attempts: new Map(),
    restored: new Map(),
    drillsSeen: new Set(),
    purging: new Set(),
  };
}

/** The name of a point in all these sets. */
export function pointKey(disk: string, uuid: DomainUuid, point: string): string {
  return `${disk} ${uuid} ${point}`;
}

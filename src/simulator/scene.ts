import type { DomainUuid } from '../model/identity.ts';
import type { StoredCopy } from './copies.ts';
import type { StoredPoint } from './inventory.ts';
import type { ModelImage } from './model-image.ts';
import type { LoopResult } from './run-loop.ts';
import type { Step } from './story.ts';
import { pointKey, type World } from './world.ts';

/** What the oracles look at after a step. */
export interface Scene {
  readonly world: World;
  readonly step: Step;
  readonly before: readonly StoredPoint[];
  readonly after: readonly StoredPoint[];
  /** What is at mirrors. */
  readonly copiesBefore: readonly StoredCopy[];
  readonly copiesAfter: readonly StoredCopy[];
  /** Guests that were frozen before it. */
  readonly frozenBefore: ReadonlySet<DomainUuid>;
  /** Images that were on the host's disk before a run, and where. */
  readonly imagesBefore: ReadonlyMap<ModelImage, string>;
  /** What was written later has a higher number. */
  readonly bornBefore: number;
  /** Who does the runs was told to change nothing: what is left is shown, and repaired later. */
  readonly isOnlyLooking: boolean;
  /** Runs of this step: none, one, or two beside each other. */
  readonly results: readonly LoopResult[];
}

/** What an oracle objects to: the invariant, and a sentence. */
export interface Violation {
  readonly id: string;
  readonly message: string;
}

/** The sentences against a scene; none if all is well. */
export type Oracle = (scene: Scene) => readonly string[];

/** The key of a point in the world's sets. */
export function keyOf({ disk, uuid, manifest }: StoredPoint): string {
  return pointKey(disk, uuid, manifest.point);
}

/** Whether nothing went wrong in any run of the step, and none was beside another. */
export function isQuiet({ results, step }: Scene): boolean {
  return (
    results.length > 0 &&
    results.every(({ died, locked, met }) => !died && !locked && met.length === 0) &&
    step.kind === 'apply' &&
    step.lies.length === 0 &&
    step.beside === 'nobody'
  );
}

/** A point in words: `vm2 20261122T020000Z-4f7a`. */
export function nameOf({ manifest, disk }: StoredPoint): string {
  return `${manifest.domain.name} ${manifest.point} on ${disk}`;
}

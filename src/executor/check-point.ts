import type { Instant } from '../model/instant.ts';
import type { Manifest } from '../model/point.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { Depth, PointCheck } from '../model/verification.ts';
import type { PointPlace, Store } from '../store/store.ts';
import { withLock } from '../store/with-lock.ts';
import { type CheckOptions, damageIn, type FileFinding, verifyPoint } from './verify-point.ts';

/** What a check of one point found, and whether that could be noted beside it. */
export interface CheckedPoint {
  readonly result: 'sound' | 'faulty' | 'unseen';
  readonly findings: readonly FileFinding[];
  readonly noted: Result<void, Failure>;
}

/**
 * Checks a point of a store and notes what came of it: a sound one the instant
 * and the depth, a damaged one its quarantine. What could not be told changes nothing.
 */
export async function checkPoint(
  store: Store,
  { place, manifest }: { readonly place: PointPlace; readonly manifest: Manifest },
  depth: Depth,
  options: CheckOptions & { readonly lockWaitSeconds: number; readonly now: () => Instant },
): Promise<CheckedPoint> {
  const { directory, chain, pointDirectory } = place;
  const path = `${store.ref.path}/domains/${directory}/${chain}/${pointDirectory}`;
  const findings = await verifyPoint(path, manifest, depth, options);
  const damage = damageIn(findings);
  if (damage === null && findings.length > 0) {
    return { result: 'unseen', findings, noted: ok(undefined) };
  }
  const at = options.now();
  const noted = await withLock(store, options.lockWaitSeconds, () =>
    damage === null
      ? noteSound(store, place, { at, depth })
      : store.quarantine(place, damage.proof, at, damage.files),
  );
  return { result: damage === null ? 'sound' : 'faulty', findings, noted };
}

/** Notes that a point is sound; after a check of every byte it is in quarantine no more. */
export function noteSound(
  store: Store,
  place: PointPlace,
  check: Pick<PointCheck, 'at' | 'depth'>,
): Result<void, Failure> {
  // The note first: dead in between, the point is in quarantine still, and checked again.
  const noted = store.writeCheck(place, check);
  if (!noted.ok || check.depth === 'structure') return noted;
  // Before the quarantine goes, for without it no plan heals the point again: what a heal that died has left.
  const tidied = store.endHeal(place);
  return tidied.ok ? store.liftQuarantine(place) : tidied;
}

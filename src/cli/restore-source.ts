import type { StoreRef } from '../model/action-base.ts';
import { isPointId } from '../model/identity.ts';
import type { ObservedDirectory, ObservedStore } from '../model/observed-store.ts';
import { fail, ok, type Result } from '../model/result.ts';
import {
  choosePoint,
  passedOver,
  type ChosenPoint,
  type WantedPoint,
} from '../planner/restore-point.ts';
import type { PlacedManifest } from '../planner/restore-targets.ts';
import { faultWords } from '../reporter/faults.ts';
import { plural } from '../reporter/plural.ts';
import { openStore } from '../store/open.ts';
import { complain, type Context, type Refusal } from './context.ts';
import { usage } from './plan-options.ts';
import { readAddress, resolveAddress } from './resolve-address.ts';
import { readTime } from './time.ts';

/** Which point: the address may name it, or `--at`, but not both. */
export function wantedPoint(
  text: string,
  at: string | undefined,
  timezone: string,
): Result<WantedPoint, Refusal> {
  const address = readAddress(text);
  if (!address.ok) return address;
  const { chain, sequence } = address.value;
  if (at !== undefined && chain !== null) {
    return usage('two-points', `${text} names a point already: leave --at out`);
  }
  if (chain !== null) return ok({ kind: 'place', chain, sequence });
  if (at === undefined) return ok({ kind: 'newest' });
  if (isPointId(at)) return ok({ kind: 'point', id: at });
  const time = readTime(at, timezone);
  return time.ok ? ok({ kind: 'at', at: time.value }) : time;
}

/** Where the point is, and the chain down to its full. */
export interface Source {
  readonly store: StoreRef;
  readonly directory: ObservedDirectory;
  readonly points: readonly PlacedManifest[];
  /** That newer points were passed over because they are faulty; null if none were. */
  readonly warning: string | null;
}

/** Says which points were passed over, `--quiet` or not: what comes back is older than was asked for. */
export function warnOf(context: Context, { warning }: Source): void {
  if (warning !== null) complain(context, `warning: ${warning}`);
}

/** Finds it, and reads the manifests from the chain's full to it. */
export function sourceOf(
  stores: readonly ObservedStore[],
  text: string,
  wanted: WantedPoint,
): Result<Source, Refusal> {
  const places = resolveAddress(stores, text);
  if (!places.ok) return places;
  const [place] = places.value;
  if (place === undefined) {
    return fail({ exit: 1, code: 'no-points', message: `${text} has no points` });
  }
  const { store, directory } = place;
  const chosen = choosePoint(directory, wanted);
  if (!chosen.ok) return fail({ exit: 1, ...chosen.error });
  const opened = openStore(store);
  if (!opened.ok) return fail({ exit: 1, ...opened.error });
  const chain = opened.value.readChain(directory.directory, chosen.value.chain);
  if (!chain.ok) return fail({ exit: 1, ...chain.error });
  const points = chain.value
    .filter(({ manifest }) => manifest.sequence <= chosen.value.sequence)
    .map(({ place: { pointDirectory }, manifest }) => ({
      path: `domains/${directory.directory}/${chosen.value.chain}/${pointDirectory}`,
      manifest,
    }));
  const warning = passedOverWords(directory, wanted, chosen.value);
  return ok({ store, directory, points, warning });
}

/** Says which newer points are faulty, and what is taken instead; null if none are. */
export function passedOverWords(
  directory: ObservedDirectory,
  wanted: WantedPoint,
  chosen: ChosenPoint,
): string | null {
  const faulty = passedOver(directory, wanted, chosen);
  if (faulty.length === 0) return null;
  const why = [...new Set(faulty.map(({ fault }) => faultWords(fault ?? '')))].join(', ');
  return `${directory.name}: ${plural(faulty.length, 'newer point is', 'newer points are')} faulty (${why}) and passed over: this takes the point of ${chosen.at}; holdfast points shows them`;
}

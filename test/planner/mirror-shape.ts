import * as fc from 'fast-check';
import type { Keep } from '../../src/model/desired.ts';
import type { PointFault } from '../../src/model/observed-store.ts';
import { keepShape, often } from './keep-shape.ts';

/** How the copies of one domain are, measured by its chains in the store. */
export interface CopyShape {
  readonly uses: boolean;
  /** Chains, by their index in the store, of which nothing is there. */
  readonly without: readonly number[];
  /** Points that are missing at the end of each chain. */
  readonly short: number;
  /** Older chains that are only there. */
  readonly older: number;
  readonly faults: readonly (readonly [chain: number, sequence: number, fault: PointFault])[];
  readonly heldChain: number | null;
  readonly deleted: 'none' | 'old' | 'recent' | 'unknown' | 'held' | 'later';
  readonly partial: boolean;
}

/** How the mirror of a world is. */
export interface MirrorShape {
  readonly state: 'none' | 'seen' | 'unseen' | 'blank' | 'unreadable';
  readonly keep: Keep | null;
  readonly minPoints: number;
  /** Right after each backup, or at these hours. */
  readonly schedule: string | null;
  readonly deletes: 'allowed' | 'never';
  readonly memory: 'same' | 'none' | 'doomed' | 'vanished' | 'reduced';
}

export const copyShape: fc.Arbitrary<CopyShape> = fc.record({
  uses: often(true, false),
  without: fc.array(fc.nat(4), { maxLength: 2 }),
  short: fc.nat(2),
  older: fc.nat(2),
  faults: fc.array(
    fc.tuple(
      fc.nat(4),
      fc.nat(3),
      fc.constantFrom<PointFault>(
        'file-missing',
        'file-size',
        'manifest-unreadable',
        'quarantined',
        'manifest-newer',
      ),
    ),
    { maxLength: 2 },
  ),
  heldChain: fc.option(fc.nat(4), { freq: 3 }),
  deleted: often<CopyShape['deleted']>('none', 'old', 'recent', 'unknown', 'held', 'later'),
  partial: fc.boolean(),
});

export const mirrorShape: fc.Arbitrary<MirrorShape> = fc.record({
  state: fc.constantFrom('none', 'seen', 'seen', 'seen', 'unseen', 'blank', 'unreadable'),
  keep: keepShape,
  minPoints: fc.integer({ min: 1, max: 4 }),
  schedule: fc.constantFrom(null, null, '0 4 * * *', '0 4 * * 0'),
  deletes: often<MirrorShape['deletes']>('allowed', 'never'),
  memory: fc.constantFrom('same', 'same', 'none', 'doomed', 'vanished', 'reduced'),
});

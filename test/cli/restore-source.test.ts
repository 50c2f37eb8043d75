import { expect, it } from 'vitest';
import { passedOverWords } from '../../src/cli/restore-source.ts';
import type { PointFault } from '../../src/model/observed-store.ts';
import { choosePoint, type WantedPoint } from '../../src/planner/restore-point.ts';
import { chain, directory } from '../planner/build-chain.ts';
import { domain } from '../planner/build-domain.ts';

const faults: Readonly<Record<number, PointFault>> = { 2: 'file-size', 3: 'parent-faulty' };

/** Four points, a day apart; those with a fault at their sequence. */
function words(wanted: WantedPoint, faulty = faults): string | null {
  const whole = chain('2026-11-18T01:00:00.000Z', 4);
  const points = whole.points.map((point) => {
    const fault = faulty[point.sequence];
    return fault === undefined ? point : { ...point, fault };
  });
  const where = directory(domain(1, 'web01'), [{ ...whole, points }]);
  const chosen = choosePoint(where, wanted);
  if (!chosen.ok) throw new Error(chosen.error.message);
  return passedOverWords(where, wanted, chosen.value);
}

it('says that newer points are faulty and what is taken instead', () => {
  expect(words({ kind: 'newest' })).toBe(
    'web01: 2 newer points are faulty (its parent is faulty, a file has another size) and passed over: this takes the point of 2026-11-19T01:00:00.000Z; holdfast points shows them',
  );
});

it('speaks of no point that is later than the time asked for', () => {
  expect(words({ kind: 'at', at: '2026-11-20T12:00:00.000Z' })).toBe(
    'web01: 1 newer point is faulty (a file has another size) and passed over: this takes the point of 2026-11-19T01:00:00.000Z; holdfast points shows them',
  );
});

it('is silent where nothing newer is faulty', () => {
  expect(words({ kind: 'newest' }, { 1: 'file-size' })).toBeNull();
});

import { expect, it } from 'vitest';
import { checksByDomain } from '../../src/cli/checks-age.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { ObservedPoint } from '../../src/model/observed-store.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { chain, directory } from '../planner/build-chain.ts';
import { domain, tracked } from '../planner/build-domain.ts';
import { day, desiredDomain, desiredState, now, request, uuidOf } from '../planner/build-policy.ts';
import { world } from '../planner/build.ts';

const web01 = domain(1, 'web01');

/** What status says of four daily points, each changed as wanted. */
function checksOf(change: (point: ObservedPoint, index: number) => ObservedPoint) {
  const made = chain(addSeconds('2026-11-22T01:00:00.000Z', -3 * day), 4);
  const where = directory(web01, [{ ...made, points: made.points.map(change) }]);
  const rule = { verification: { everySeconds: 7 * day, depth: 'hash' as const } };
  const desired = desiredState([desiredDomain(1, 'web01', rule)]);
  const observed = world(desired, [tracked(web01, where)], [where]);
  const plan = planPolicy(desired, observed, request());
  return checksByDomain(plan, desired.domains, observed).get(uuidOf(1))?.checks;
}

const ago = (days: number): string => addSeconds(now, -days * day);

it('counts points that were never checked, and those whose check is too long ago', () => {
  const days = [9, 3, null];
  expect(
    checksOf((point, index) => {
      const at = days[index] ?? null;
      // The last one was only looked at.
      if (index === 3) return { ...point, checked: { structure: ago(1) } };
      return at === null ? point : { ...point, checked: { structure: ago(at), hash: ago(at) } };
    }),
  ).toEqual({
    depth: 'hash',
    everySeconds: 7 * day,
    never: 2,
    overdue: 3,
    oldestAt: ago(9),
    nextAt: now,
  });
});

it('says when the next is due where none is', () => {
  expect(
    checksOf((point, index) => ({
      ...point,
      checked: { structure: ago(index + 1), hash: ago(index + 1) },
    })),
  ).toMatchObject({ never: 0, overdue: 0, oldestAt: ago(4), nextAt: addSeconds(ago(4), 7 * day) });
});

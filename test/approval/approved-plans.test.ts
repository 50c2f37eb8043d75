import { describe, expect, it } from 'vitest';
import type { Approval } from '../../src/model/approval.ts';
import { guardDigest } from '../../src/model/approved-subjects.ts';
import { renderPlan } from '../../src/reporter/plan.ts';
import { approvalFor, guardOf, planOfDays } from './three-chains.ts';

const three = planOfDays([20, 21, 22]);

/** What the guard does with an approval, and what is blocked. */
const effect = (days: readonly number[], approval: Approval): readonly string[] => {
  const plan = planOfDays(days, { approvals: [approval] });
  const { code, effect: how, scope, approved } = guardOf(plan);
  return [
    `${how} ${code} ${scope} ${approved?.by ?? '-'}`,
    ...plan.actions.flatMap(({ address, blockedBy }) =>
      blockedBy.length === 0 ? [] : [`${address} ${blockedBy.join()}`],
    ),
  ];
};
const blocked = [
  'block G201 domain/web01 -',
  'domain/web01/20261120T010000Z-00cc G201',
  'domain/web01/20261121T010000Z-00cc G201',
];

describe('an approval is an input of the planner', () => {
  it('lifts its guard for what was seen, and the plan says who approved', () => {
    expect(effect([20, 21, 22], approvalFor(three))).toEqual([
      'allowed G201 domain/web01 alice@example.org',
    ]);
    const plan = planOfDays([20, 21, 22], { approvals: [approvalFor(three)] });
    const text = renderPlan(plan, { color: false, verbose: false, width: null, planFile: null });
    expect(text).toContain(`guards
  allowed G201 domain/web01 would lose 2 of 3 chains: 67 % > 30 %
        approved by alice@example.org, until 2026-11-22 22:00+01:00
`);
    const verbose = renderPlan(three, { color: false, verbose: true, width: null, planFile: null });
    expect(verbose).toContain(
      `        or, signed: holdfast approve ${guardDigest(three, guardOf(three))} --key FILE\n`,
    );
  });

  it('counts for a part of what was seen, and for nothing more', () => {
    const four = planOfDays([19, 20, 21, 22]);
    expect(effect([20, 21, 22], approvalFor(four))).toEqual([
      'allowed G201 domain/web01 alice@example.org',
    ]);
    expect(effect([19, 20, 21, 22], approvalFor(three))).toHaveLength(4);
  });

  it.each([
    ['another digest', { subjects: ['0123456789abcdef', 'fedcba9876543210'] }],
    ['nothing', { subjects: [] }],
    ['a wider scope', { scope: 'host' }],
    ['a scope above it', { scope: 'domain' }],
    ['another guard', { code: 'G210' }],
    ['another host', { host: 'kvm02' }],
    ['a time that is over', { until: '2026-11-22T09:30:02.000Z' }],
  ])('does not count for %s', (_what, change) => {
    expect(effect([20, 21, 22], approvalFor(three, change))).toEqual(blocked);
  });

  it('has one digest for the same guard, whenever it is planned', () => {
    const again = planOfDays([20, 21, 22], { unattended: true });
    expect(guardDigest(again, guardOf(again))).toBe(guardDigest(three, guardOf(three)));
    const other = planOfDays([19, 21, 22]);
    expect(guardDigest(other, guardOf(other))).not.toBe(guardDigest(three, guardOf(three)));
  });
});

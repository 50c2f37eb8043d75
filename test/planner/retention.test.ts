import { describe, expect, it } from 'vitest';
import type { Retention } from '../../src/model/desired.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { ObservedChain, ObservedDirectory } from '../../src/model/observed-store.ts';
import { retentionVerdicts } from '../../src/planner/retention-words.ts';
import { chain, directory, withPoint } from './build-chain.ts';
import { disk, domain, tracked } from './build-domain.ts';
import { day, desiredDomain, desiredState, hour, retentionOf } from './build-policy.ts';
import { world } from './build.ts';
import { told } from './told.ts';

const web01 = domain(1, 'web01');

/** Chains of `points` points each, a day between points, the last point at 01:00 on 22 November. */
function history(...counts: readonly number[]): readonly ObservedChain[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  return counts.map((count) => {
    const first = addSeconds('2026-11-22T01:00:00.000Z', -(total - 1 - before) * day);
    before += count;
    return chain(first, count);
  });
}

/** What retention lets go of, by the day on which each chain began, and what keeps the points of the others. */
function judged(
  retention: Retention,
  chains: readonly ObservedChain[],
  more: Partial<ObservedDirectory> = {},
) {
  const where = directory(web01, chains, more);
  const desired = desiredState([desiredDomain(1, 'web01', { retention })]);
  // Far from every limit of G201.
  const observed = world(desired, [tracked(web01, where)], [where]);
  const { plan } = told(desired, observed, { allow: [{ code: 'G201', scope: 'domain/web01' }] });
  const gone = plan.actions.flatMap((action) =>
    action.kind === 'trash-chain' ? [action.chain.slice(0, 8)] : [],
  );
  const verdicts = retentionVerdicts(desired, observed);
  const words = verdicts.map(({ point, keptBy }) => `${point.slice(0, 8)}: ${keptBy.join(', ')}`);
  return { gone, words, plan };
}

describe('what the words mean exactly', () => {
  it('no keep: all stays', () => {
    expect(judged(retentionOf(null), history(2, 2, 2)).gone).toEqual([]);
  });

  it('chains: N keeps the live chain and N closed ones', () => {
    const { gone, words } = judged(retentionOf({ chains: 1 }), history(2, 2, 2));
    expect(gone).toEqual(['20261117']);
    expect(words).toEqual([
      '20261117: ',
      '20261118: ',
      '20261119: chains 1',
      '20261120: chains 1',
      '20261121: live chain, chains 1',
      '20261122: newest valid, live chain, chains 1',
    ]);
  });

  it('last: N keeps the newest N points, and what they are built on', () => {
    const { gone, words } = judged(retentionOf({ last: 3 }), history(2, 2, 2));
    expect(gone).toEqual(['20261117']);
    expect(words.slice(2, 4)).toEqual(['20261119: chain of a kept point', '20261120: last 3']);
  });

  it('daily: N keeps the newest point of each of the last N days that have one', () => {
    // One point on the 1st and 2nd, then none for weeks, then two on the 22nd.
    const chains = [
      chain('2026-11-01T01:00:00.000Z', 1),
      chain('2026-11-02T01:00:00.000Z', 1),
      chain('2026-11-22T00:00:00.000Z', 2, { stepSeconds: hour }),
    ];
    const { gone, words } = judged(retentionOf({ daily: 2 }), chains);
    expect(gone).toEqual(['20261101']);
    expect(words[1]).toBe('20261102: daily 2');
    expect(words[2]).toBe('20261122: live chain');
    expect(words[3]).toBe('20261122: newest valid, live chain, daily 2');
  });

  it('days are those of the policy’s zone', () => {
    // 23:30 and 00:30 in Berlin: two days there, one day in UTC.
    const chains = [
      chain('2026-11-19T22:30:00.000Z', 1),
      chain('2026-11-19T23:30:00.000Z', 1),
      chain('2026-11-22T01:00:00.000Z', 1),
    ];
    expect(judged(retentionOf({ daily: 2 }), chains).gone).toEqual(['20261119']);
    expect(judged(retentionOf({ daily: 3 }), chains).gone).toEqual([]);
  });

  it.each([
    ['hourly', 2, ['20261117', '20261118', '20261119', '20261120']],
    ['weekly', 1, ['20261117', '20261118', '20261119', '20261120', '20261121']],
    ['monthly', 1, ['20261117', '20261118', '20261119', '20261120', '20261121']],
    ['yearly', 1, ['20261117', '20261118', '20261119', '20261120', '20261121']],
  ] as const)('%s: %i', (rule, count, gone) => {
    expect(judged(retentionOf({ [rule]: count }), history(1, 1, 1, 1, 1, 1)).gone).toEqual(gone);
  });

  it('weeks begin on Monday', () => {
    // Sunday the 15th is of the week before Monday the 16th.
    const chains = ['2026-11-15', '2026-11-16', '2026-11-22'].map((date) =>
      chain(`${date}T01:00:00.000Z`, 1),
    );
    expect(judged(retentionOf({ weekly: 2 }), chains).gone).toEqual(['20261116']);
  });

  it('within counts back from the newest valid point, not from now', () => {
    const chains = [
      chain('2026-10-01T01:00:00.000Z', 1),
      chain('2026-10-03T01:00:00.000Z', 1),
      withPoint(chain('2026-10-31T01:00:00.000Z', 1), 0, { fault: 'file-size' }),
    ];
    // A managed save keeps the domain from a new point, so that the newest is old.
    const saved = { ...web01, state: 'off', managedSave: true, runningId: null } as const;
    const where = directory(saved, chains);
    const desired = desiredState([
      desiredDomain(1, 'web01', { retention: retentionOf({ withinSeconds: 3 * day }) }),
    ]);
    const observed = world(desired, [saved], [where]);
    const words = retentionVerdicts(desired, observed).map(({ keptBy }) => keptBy.join(', '));
    expect(words).toEqual([
      'within 3d',
      'newest valid, live chain, within 3d',
      'faulty, its time is not over',
    ]);
  });

  it('rules add up: a chain goes only if none keeps any point in it', () => {
    const chains = history(1, 1, 1, 1, 1);
    const by = (keep: Retention['keep']) => judged(retentionOf(keep), chains).gone;
    expect(by({ last: 1 })).toEqual(['20261118', '20261119', '20261120', '20261121']);
    expect(by({ last: 1, daily: 3 })).toEqual(['20261118', '20261119']);
    expect(by({ last: 1, daily: 3, withinSeconds: 3 * day })).toEqual(['20261118']);
  });

  it('minPoints: the newest chain that would go stays while too few points are left', () => {
    const retention = retentionOf({ last: 1 }, { minPoints: 3 });
    const { gone, words } = judged(retention, history(1, 1, 1, 1));
    expect(gone).toEqual(['20261119']);
    expect(words.slice(1, 3)).toEqual(['20261120: min points 3', '20261121: min points 3']);
  });

  it('without trackers, chains: N counts as last: N × maxPoints', () => {
    const raw = domain(1, 'web01', { disks: [disk('web01', 'vda', 101, { format: 'raw' })] });
    const where = directory(raw, history(1, 1, 1, 1, 1));
    const retention = retentionOf({ chains: 1 }, { chain: { maxPoints: 2, maxAgeSeconds: null } });
    const desired = desiredState([desiredDomain(1, 'web01', { retention })]);
    const { actions } = told(desired, world(desired, [raw], [where]), {
      allow: [{ code: 'G201', scope: 'domain/web01' }],
    });
    expect(actions.map((line) => line.slice(0, 33))).toEqual([
      'trash-chain domain/web01/20261118',
      'trash-chain domain/web01/20261119',
      'trash-chain domain/web01/20261120',
    ]);
    // With `tracker: never` on qcow2 the same.
    const never = desiredState([desiredDomain(1, 'web01', { retention, tracker: 'never' })]);
    const same = told(never, world(never, [web01], [directory(web01, history(1, 1, 1, 1, 1))]));
    expect(same.actions).toHaveLength(3);
  });
});

describe('what stays whatever the rules say', () => {
  const rule = retentionOf({ last: 1 });

  it('G205: held chains and chains of held points', () => {
    const [a, b, c] = history(2, 2, 2);
    if (a === undefined || b === undefined || c === undefined) throw new Error('no chains');
    const { gone, words } = judged(rule, [
      withPoint(a, 1, { held: true }),
      { ...b, held: true },
      c,
    ]);
    expect(gone).toEqual([]);
    expect(words.slice(0, 4)).toEqual([
      '20261117: chain of a kept point',
      '20261118: held',
      '20261119: held',
      '20261120: held',
    ]);
  });

  it('G154: a chain with a point that is dated later', () => {
    const later = chain('2027-01-01T01:00:00.000Z', 1);
    const { gone, words } = judged(rule, [...history(1, 1), later]);
    expect(gone).toEqual(['20261121']);
    expect(words.at(-1)).toBe('20270101: live chain, later than the observation');
  });

  it('I7: a chain with a point whose manifest cannot be read', () => {
    const [a, b] = history(2, 2);
    if (a === undefined || b === undefined) throw new Error('no chains');
    const { gone, words } = judged(rule, [withPoint(a, 1, { fault: 'manifest-newer' }), b]);
    expect(gone).toEqual([]);
    expect(words[0]).toBe('20261119: manifest not readable');
  });

  it('a chain into which a living process writes', () => {
    const [a, b] = history(1, 1);
    if (a === undefined || b === undefined) throw new Error('no chains');
    const incoming = [{ path: 'x', chain: a.id, point: null, bytes: 1, busy: true }];
    expect(judged(rule, [a, b], { incoming }).gone).toEqual([]);
  });

  it('a chain of faulty points takes no place, and stays until it would go if it were whole', () => {
    const [a, b, c, d] = history(1, 1, 1, 1);
    if (a === undefined || b === undefined || c === undefined || d === undefined) {
      throw new Error('no chains');
    }
    const young = judged(retentionOf({ chains: 1 }), [
      a,
      b,
      withPoint(c, 0, { fault: 'quarantined' }),
      d,
    ]);
    expect(young.gone).toEqual(['20261119']);
    expect(young.words).toEqual([
      '20261119: ',
      '20261120: chains 1',
      '20261121: faulty, its time is not over',
      '20261122: newest valid, live chain, chains 1',
    ]);
    const old = judged(retentionOf({ chains: 1 }), [
      withPoint(a, 0, { fault: 'quarantined' }),
      b,
      c,
      d,
    ]);
    expect(old.gone).toEqual(['20261119', '20261120']);
  });

  it('I5: everything, when no point is valid', () => {
    const dead = history(1, 1).map((one) => withPoint(one, 0, { fault: 'file-missing' }));
    // A managed save keeps the domain from a new point.
    const saved = { ...web01, state: 'off', managedSave: true, runningId: null } as const;
    const desired = desiredState([desiredDomain(1, 'web01', { retention: rule })]);
    const where = directory(saved, dead);
    expect(told(desired, world(desired, [saved], [where])).actions).toEqual([]);
  });

  it('everything of a domain that is gone, ignored or unmanaged', () => {
    const where = directory(web01, history(1, 1, 1));
    const gone = desiredState([
      desiredDomain(1, 'web01', { retention: rule }),
      desiredDomain(2, 'db1'),
    ]);
    expect(told(gone, world(gone, [], [where])).actions).toEqual([]);
    const unmanaged = desiredState([desiredDomain(2, 'db1', { retention: rule })]);
    expect(told(unmanaged, world(unmanaged, [web01], [where])).actions).toEqual([]);
    expect(
      retentionVerdicts(unmanaged, world(unmanaged, [web01], [where])).map(({ keptBy }) => keptBy),
    ).toEqual([['not in the policy'], ['not in the policy'], ['not in the policy']]);
  });
});

describe('retention is judged after the backups of the same plan', () => {
  it('G208: the chain that the new full replaces goes after it, and names it', () => {
    const retention = retentionOf({ chains: 1 }, { chain: { maxPoints: 2, maxAgeSeconds: null } });
    const chains = [chain('2026-11-17T01:00:00.000Z', 2), chain('2026-11-19T01:00:00.000Z', 2)];
    const { plan } = judged(retention, chains);
    expect(plan.actions.map(({ id, dependsOn }) => [id.split(':')[0], dependsOn])).toEqual([
      ['backup', []],
      ['trash-chain', [plan.actions[0]?.id]],
    ]);
    expect(plan.actions[1]).toMatchObject({
      chain: '20261117T010000Z-00cc',
      points: ['20261117T010000Z-00aa', '20261118T010000Z-00aa'],
      bytes: 9 * 1024 ** 3,
      purgeAfter: '2026-11-25T09:30:02.000Z',
      reasons: [{ code: 'kept-by-no-rule', facts: { rule: 'chains 1' } }],
    });
  });

  it('the next memory knows what the next full will replace', () => {
    const { plan } = judged(retentionOf({ chains: 1 }), history(2, 2));
    expect(plan.actions).toEqual([]);
    expect(plan.doomed).toEqual({ [web01.uuid]: ['20261119T010000Z-00cc'] });
  });
});

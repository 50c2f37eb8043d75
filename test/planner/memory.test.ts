import { describe, expect, it } from 'vitest';
import { memoryOf } from '../../src/planner/memory.ts';
import { chain, directory } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, gib, now, retentionOf, uuidOf } from './build-policy.ts';
import { mainStore, world } from './build.ts';
import { told } from './told.ts';

const web01 = domain(1, 'web01');
const desired = desiredState([
  desiredDomain(1, 'web01', { retention: retentionOf({ chains: 1 }) }),
]);
const where = directory(web01, [
  chain('2026-11-21T01:00:00.000Z', 1),
  chain('2026-11-22T01:00:00.000Z', 1),
]);
const seenAs = (more: Parameters<typeof world>[3] = {}) =>
  world(desired, [tracked(web01, where)], [where], more);

it('is what guards compare with, as it is after the apply', () => {
  const observed = seenAs({ memory: null });
  const { plan } = told(desired, observed);
  expect(memoryOf(plan, desired, observed, 'version: 1\n')).toEqual({
    main: {
      formatVersion: 1,
      at: now,
      policyDigest: 'd'.repeat(64),
      commit: '9f3c2b7',
      bootId: '11111111-2222-4333-8444-555555555555',
      bootClockSeconds: 777_600,
      mount: { device: 64, source: '/dev/sdb1' },
      points: { [uuidOf(1)]: 2 },
      retention: { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { chains: 1 } } },
      // What the next full will replace.
      doomed: { [uuidOf(1)]: ['20261121T010000Z-00cc'] },
      policyText: 'version: 1\n',
      space: [{ at: now, usedBytes: 500 * gib }],
    },
  });
});

describe('what a guard blocked is not forgotten', () => {
  const reducedTo = desiredState([
    desiredDomain(1, 'web01', { retention: retentionOf({ last: 1 }) }),
  ]);
  const remembered = { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { last: 5 } } };

  it('G210: the old numbers stay until somebody allows the new ones', () => {
    const observed = seenAs({ memory: { retention: remembered } });
    const blocked = told(reducedTo, observed);
    expect(blocked.guards).toEqual(['block G210 domain/web01']);
    expect(memoryOf(blocked.plan, reducedTo, observed, null)['main']?.retention).toEqual(
      remembered,
    );
    const allow = [{ code: 'G210', scope: 'domain/web01' }];
    const { plan } = told(reducedTo, observed, { allow });
    expect(memoryOf(plan, reducedTo, observed, null)['main']?.retention[uuidOf(1)]?.keep).toEqual({
      last: 1,
    });
  });

  it('G153: the points that were known', () => {
    const observed = seenAs({ memory: { points: { [uuidOf(1)]: 99 } } });
    const { plan } = told(desired, observed);
    expect(memoryOf(plan, desired, observed, null)['main']?.points).toEqual({ [uuidOf(1)]: 99 });
    const lifted = told(desired, observed, { allow: [{ code: 'G153', scope: 'store/main' }] });
    expect(memoryOf(lifted.plan, desired, observed, null)['main']?.points).toEqual({
      [uuidOf(1)]: 2,
    });
  });

  it('G201: what waits for a yes is no rotation next time', () => {
    const four = directory(web01, [
      chain('2026-11-19T01:00:00.000Z', 1),
      chain('2026-11-20T01:00:00.000Z', 1),
      chain('2026-11-21T01:00:00.000Z', 1),
      chain('2026-11-22T01:00:00.000Z', 1),
    ]);
    const observed = world(desired, [tracked(web01, four)], [four]);
    const blocked = told(desired, observed);
    expect(blocked.guards).toEqual(['block G201 domain/web01']);
    // Not the two that were blocked; what the next full replaces is.
    expect(memoryOf(blocked.plan, desired, observed, null)['main']?.doomed).toEqual({
      [uuidOf(1)]: ['20261121T010000Z-00cc'],
    });
  });

  it('G152: the mount; G154: the clock', () => {
    const mount = { device: 9, source: '/dev/other' };
    const observed = seenAs({ memory: { mount, bootClockSeconds: 5 } });
    const { plan, guards } = told(desired, observed);
    expect(guards).toEqual(['block G152 store/main', 'block G154 host']);
    expect(memoryOf(plan, desired, observed, null)['main']).toMatchObject({
      mount,
      bootClockSeconds: 5,
    });
  });
});

it('a targeted apply begins no memory, and learns no retention', () => {
  const none = seenAs({ memory: null });
  expect(memoryOf(told(desired, none, { targets: ['web01'] }).plan, desired, none, null)).toEqual(
    {},
  );
  const retention = { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { last: 5 } } };
  const some = seenAs({ memory: { retention, policyDigest: 'old' } });
  const { plan } = told(desired, some, { targets: ['web01'] });
  expect(memoryOf(plan, desired, some, 'text')['main']).toMatchObject({
    retention,
    policyDigest: 'old',
  });
});

it('a domain that the policy left is remembered, and a store that was not seen is not written', () => {
  const retention = { [uuidOf(8)]: { maxPoints: 30, minPoints: 1, keep: { last: 5 } } };
  const observed = seenAs({ memory: { retention } });
  const { plan } = told(desired, observed);
  expect(Object.keys(memoryOf(plan, desired, observed, null)['main']?.retention ?? {})).toEqual([
    uuidOf(8),
    uuidOf(1),
  ]);
  const dark = {
    ...observed,
    stores: [mainStore({ kind: 'unseen', failure: { code: 'x', message: 'y' } })],
  };
  expect(memoryOf(plan, desired, dark, null)).toEqual({});
});

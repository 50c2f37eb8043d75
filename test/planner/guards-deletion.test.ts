import { describe, expect, it } from 'vitest';
import { chain, directory } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { day, desiredDomain, desiredState, gib, place, uuidOf } from './build-policy.ts';
import { world } from './build.ts';
import { desired, goes, rule, seenAs, two, web01 } from './guarded.ts';
import { told } from './told.ts';

/** A domain with chains of one point; `last 1` lets go of all but the newest. */
const with1 = (number: number, chains: number, doomed = 0) => {
  const one = domain(number, `vm${number}`);
  const all = Array.from({ length: chains }, (_none, index) =>
    chain(
      new Date(
        Date.parse('2026-11-22T01:00:00.000Z') - (chains - 1 - index) * day * 1000,
      ).toISOString(),
      1,
    ),
  );
  return {
    one: tracked(one, directory(one, all)),
    where: directory(one, all),
    rule: desiredDomain(number, `vm${number}`, { retention: rule }),
    doomed: all.slice(0, doomed).map(({ id }) => id),
  };
};

const planOf = (
  all: readonly ReturnType<typeof with1>[],
  asked: Parameters<typeof told>[2] = {},
) => {
  const policy = desiredState(all.map((each) => each.rule));
  const memory = {
    doomed: Object.fromEntries(all.map(({ rule: { uuid }, doomed }) => [uuid, doomed])),
  };
  const observed = world(
    policy,
    all.map((each) => each.one),
    all.map((each) => each.where),
    { memory },
  );
  return told(policy, observed, asked);
};

describe('G201: how much may go at once', () => {
  it('one chain of a domain may always go', () => {
    expect(planOf([with1(1, 2)]).guards).toEqual([]);
  });

  it('two of three are too many; the words of the override', () => {
    const { guards, actions, plan } = planOf([with1(1, 3)]);
    expect(guards).toEqual(['block G201 domain/vm1']);
    expect(actions.every((line) => line.endsWith('!G201'))).toBe(true);
    expect(plan.guards[0]?.facts).toEqual({ chains: 2, of: 3, limit: 1 });
    const allow = [{ code: 'G201', scope: 'domain/vm1' }];
    expect(planOf([with1(1, 3)], { allow }).guards).toEqual(['allowed G201 domain/vm1']);
  });

  it('not counted: one chain that the last apply had doomed and a newer full replaces', () => {
    expect(planOf([with1(1, 3, 1)]).guards).toEqual([]);
    // Only one: the second is counted again.
    expect(planOf([with1(1, 4, 2)]).guards).toEqual(['block G201 domain/vm1']);
  });

  it('more than 5 chains of a host', () => {
    const six = Array.from({ length: 6 }, (_none, index) => with1(index + 1, 2));
    const { guards, actions } = planOf(six);
    expect(guards).toEqual(['block G201 host']);
    expect(actions.filter((line) => line.endsWith('!G201'))).toHaveLength(6);
    expect(planOf(six.slice(1)).guards).toEqual([]);
  });

  it('a rotation night of many domains does not block', () => {
    const six = Array.from({ length: 6 }, (_none, index) => with1(index + 1, 2, 1));
    expect(planOf(six).guards).toEqual([]);
  });

  it('nobody there: at most two a loop, the rest comes later', () => {
    const four = Array.from({ length: 4 }, (_none, index) => with1(index + 1, 2));
    const { guards, actions, plan } = planOf(four, { unattended: true });
    expect(guards).toEqual(['withhold G201 host']);
    expect(actions.map((line) => line.endsWith('!G201'))).toEqual([false, false, true, true]);
    expect(plan.guards[0]?.facts).toEqual({ how: 'later', chains: 4, limit: 2 });
  });
});

describe('G202, G205: see deletions.test.ts', () => {
  it('G202: has no override when nobody is there', () => {
    const old = directory(domain(7, 'old07'), [chain('2026-02-01T01:00:00.000Z', 1)]);
    const removed = [
      { name: 'old07', uuid: uuidOf(7), chain: old.chains[0]?.id ?? null, place: place(31) },
    ];
    const policy = desiredState([desiredDomain(1, 'web01')], { removed });
    const observed = world(policy, [tracked(web01, two)], [two, old]);
    const allow = [{ code: 'G202', scope: 'domain/old07' }];
    expect(told(policy, observed, { allow, unattended: true }).guards).toEqual([
      'block G202 domain/old07',
    ]);
  });
});

describe('G208: deletions wait for the backup of the same domain', () => {
  it('are blocked with it', () => {
    const older = directory(web01, [
      chain('2026-11-20T01:00:00.000Z', 1),
      chain('2026-11-21T01:00:00.000Z', 1),
    ]);
    const full = world(desired, [tracked(web01, older)], [older], { store: { freeBytes: gib } });
    const { actions, guards } = told(desired, full);
    expect(actions).toEqual([
      'backup domain/web01 !G407',
      'trash-chain domain/web01/20261120T010000Z-00cc !G208',
    ]);
    expect(guards).toEqual(['block G407 store/main', 'withhold G208 domain/web01']);
  });
});

const before = (keep: Record<string, number> | null, minPoints = 1) =>
  told(
    desired,
    seenAs({ memory: { retention: { [uuidOf(1)]: { maxPoints: 30, minPoints, keep } } } }),
  );

describe('G210: a retention that was reduced', () => {
  it.each([
    ['a number got smaller', { last: 2 }, 'last 2 to 1'],
    ['a rule went', { last: 1, daily: 7 }, 'daily 7 to 0'],
    ['all was kept', null, 'all to some'],
  ])('%s', (_what, keep, reduced) => {
    const { actions, guards, plan } = before(keep);
    expect([actions, guards]).toEqual([[`${goes} !G210`], ['block G210 domain/web01']]);
    expect(plan.guards[0]?.facts).toEqual({ reduced });
  });

  it('the floor got lower', () => {
    expect(before({ last: 1 }, 2).guards).toEqual(['block G210 domain/web01']);
  });

  it('the same, or more, is fine; so is what somebody allows', () => {
    expect(before({ last: 1 }).guards).toEqual([]);
    expect(before({}).guards).toEqual([]);
    const reduced = seenAs({
      memory: { retention: { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { last: 2 } } } },
    });
    const allow = [{ code: 'G210', scope: 'domain/web01' }];
    expect(told(desired, reduced, { allow }).actions).toEqual([goes]);
  });
});

import { describe, expect, it } from 'vitest';
import type { DesiredMirror } from '../../src/model/desired.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { MirrorMemory, ObservedChain } from '../../src/model/observed-store.ts';
import type { ObservedMirror } from '../../src/model/observed.ts';
import { unseen } from '../../src/model/result.ts';
import { memoryOf } from '../../src/planner/memory.ts';
import { chain, directory, withPoint } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { copies, deletedOf, desiredMirror, mirrorMemoryFor, mirrorSeen } from './build-mirror.ts';
import { day, desiredDomain, desiredState, now, retentionOf, uuidOf } from './build-policy.ts';
import { world } from './build.ts';
import { told } from './told.ts';

const web01 = domain(1, 'web01');

/** Chains of one point, a day apart, the newest last night's. */
const daily = (count: number): readonly ObservedChain[] =>
  Array.from({ length: count }, (_none, index) =>
    chain(addSeconds('2026-11-22T01:00:00.000Z', -(count - 1 - index) * day), 1),
  );

const goes = (number: number) => `hide-copies nas:domain/web01/202611${number}T010000Z-00cc`;

/** A domain whose store keeps all, and whose mirror keeps its newest point. */
function planned({
  there = daily(2),
  local = there,
  mirror = {},
  memory = {},
  content = {},
  look,
  asked = {},
  rule = {},
}: {
  readonly there?: readonly ObservedChain[];
  readonly local?: readonly ObservedChain[];
  readonly mirror?: Partial<DesiredMirror>;
  readonly memory?: Partial<MirrorMemory> | null;
  readonly content?: Partial<ObservedMirrorContent>;
  readonly look?: ObservedMirror;
  readonly asked?: Parameters<typeof told>[2];
  readonly rule?: Parameters<typeof desiredDomain>[2];
} = {}) {
  const nas = desiredMirror({ retention: retentionOf({ last: 1 }), ...mirror });
  const desired = desiredState([desiredDomain(1, 'web01', { mirrors: ['nas'], ...rule })], {
    mirrors: [nas],
  });
  const where = directory(web01, local);
  const seenThere = look ?? mirrorSeen([copies(web01, there)], content);
  const observed = world(desired, [tracked(web01, where)], [where], {
    mirrors: [seenThere],
    memory: memory === null ? {} : { mirrors: { nas: mirrorMemoryFor(nas, seenThere, memory) } },
  });
  return { ...told(desired, observed, asked), desired, observed };
}

it('the mirror deletes by its own rule, and the store by its own', () => {
  expect(planned()).toMatchObject({ actions: [goes(21)], guards: [], notes: [] });
});

const unreadable = (path: string) => ({ unreadable: [{ path, code: 'EIO', message: 'no' }] });

describe('G151: what could not be read there', () => {
  it('withholds the deletions of its directory', () => {
    const { actions, guards, plan } = planned({
      content: unreadable('domains/web01/x/point.json'),
    });
    expect([actions, guards]).toEqual([[`${goes(21)} !G151`], ['withhold G151 nas:domain/web01']]);
    expect(plan).toMatchObject({ incomplete: true, onlyMirrorsUnseen: true });
  });

  it('or of all, where nobody knows whose it is', () => {
    expect(planned({ content: unreadable('domains') }).guards).toEqual([
      'withhold G151 mirror/nas',
    ]);
  });
});

describe('G153: copies that vanished', () => {
  it('more than half: no deletion there until somebody says yes', () => {
    const memory = { points: { [uuidOf(1)]: 5 } };
    expect(planned({ memory })).toMatchObject({
      actions: [`${goes(21)} !G153`],
      guards: ['block G153 mirror/nas'],
    });
    const allow = [{ code: 'G153', scope: 'mirror/nas' }];
    expect(planned({ memory, asked: { allow } }).actions).toEqual([goes(21)]);
  });

  it('a mirror that nobody remembers loses nothing the first time', () => {
    const { guards, plan, desired, observed } = planned({ memory: null });
    expect(guards).toEqual(['withhold G153 mirror/nas']);
    expect(memoryOf(plan, desired, observed, null)['main']?.mirrors).toEqual({
      nas: {
        points: { [uuidOf(1)]: 2 },
        retention: { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { last: 1 } } },
        doomed: { [uuidOf(1)]: ['20261121T010000Z-00cc', '20261122T010000Z-00cc'] },
      },
    });
  });
});

describe('G201: how much may go there at once', () => {
  it('two of three are too many; the one that was doomed is not counted', () => {
    const { guards, actions } = planned({ there: daily(3) });
    expect(guards).toEqual(['block G201 nas:domain/web01']);
    expect(actions).toEqual([`${goes(20)} !G201`, `${goes(21)} !G201`]);
    const doomed = {
      [uuidOf(1)]: daily(3)
        .slice(0, 1)
        .map(({ id }) => id),
    };
    expect(planned({ there: daily(3), memory: { doomed } }).guards).toEqual([]);
    const allow = [{ code: 'G201', scope: 'nas:domain/web01' }];
    expect(planned({ there: daily(3), asked: { allow } }).guards).toEqual([
      'allowed G201 nas:domain/web01',
    ]);
  });

  it('more than five of a mirror; nobody there: two a loop', () => {
    const doomed = {
      [uuidOf(1)]: daily(8)
        .slice(0, 1)
        .map(({ id }) => id),
    };
    const allow = [{ code: 'G201', scope: 'nas:domain/web01' }];
    const all = { there: daily(8), memory: { doomed } };
    expect(planned(all).guards).toEqual(['block G201 mirror/nas', 'block G201 nas:domain/web01']);
    const { guards, actions } = planned({ ...all, asked: { allow, unattended: true } });
    expect(guards).toEqual(['allowed G201 nas:domain/web01', 'withhold G201 mirror/nas']);
    expect(actions.filter((line) => !line.includes('!'))).toEqual([goes(15), goes(16)]);
  });
});

describe('G210: a mirror that is to keep less', () => {
  const memory = {
    retention: { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { last: 4 } } },
  };

  it('waits for a yes, and the old numbers stay remembered', () => {
    const { guards, plan, desired, observed } = planned({ memory });
    expect(guards).toEqual(['block G210 nas:domain/web01']);
    expect(plan.guards[0]?.facts).toEqual({ reduced: 'last 4 to 1' });
    const mirrors = memoryOf(plan, desired, observed, null)['main']?.mirrors;
    expect(mirrors?.['nas']?.retention).toEqual(memory.retention);
    expect(mirrors?.['nas']?.doomed).toEqual({ [uuidOf(1)]: ['20261122T010000Z-00cc'] });
  });
});

describe('what is held', () => {
  const [old, ...rest] = daily(2);
  const held = old === undefined ? [] : [{ ...old, held: true }, ...rest];

  it('there stays there', () => {
    expect(planned({ there: held, local: daily(2) }).actions).toEqual([]);
  });

  it('here stays there too, or it would be copied again', () => {
    expect(planned({ there: daily(2), local: held }).actions).toEqual([]);
  });

  it('and is copied with its hold', () => {
    expect(planned({ there: rest, local: held }).actions).toEqual([
      'copy-points nas:domain/web01/20261121T010000Z-00cc',
    ]);
  });
});

describe('G207: the only copy', () => {
  const rule = { retention: retentionOf({ last: 1 }) };
  const trash = 'trash-chain domain/web01/20261121T010000Z-00cc';
  const all = { rule, mirror: { retention: retentionOf(null) } };

  it('goes when the mirror holds it, or does not want it', () => {
    expect(planned({ ...all, local: daily(2) }).actions).toEqual([trash]);
    expect(planned({ rule, there: daily(2).slice(1), local: daily(2) }).actions).toEqual([trash]);
  });

  it('goes after the copy that this plan makes', () => {
    const { plan, actions } = planned({ ...all, there: daily(2).slice(1), local: daily(2) });
    expect(actions).toEqual(['copy-points nas:domain/web01/20261121T010000Z-00cc', trash]);
    expect(plan.actions[1]?.dependsOn).toEqual([plan.actions[0]?.id]);
  });

  it('goes after the copy that mends one in quarantine there', () => {
    const there = daily(2).map((one) => withPoint(one, 0, { fault: 'quarantined' as const }));
    const { plan, actions } = planned({ ...all, there, local: daily(2) });
    const [first, second] = plan.actions;
    expect(actions).toEqual([
      'copy-points nas:domain/web01/20261121T010000Z-00cc',
      'copy-points nas:domain/web01/20261122T010000Z-00cc',
      trash,
    ]);
    expect(first).toMatchObject({ compare: 'content', damaged: [expect.stringMatching(/^0000-/)] });
    expect(second).toMatchObject({ compare: 'content' });
    expect(plan.actions[2]?.dependsOn).toEqual([first?.id]);
  });

  it.each([
    ['unseen', { look: { name: 'nas', stores: [] } }, { chains: 1, unseen: 'nas' }],
    [
      'not due',
      {
        there: daily(2).slice(1),
        mirror: {
          retention: retentionOf(null),
          schedule: { name: 's', cron: '0 4 1 11 *', timezone: 'UTC', jitterSeconds: 0 },
        },
      },
      { chains: 1, behind: 'nas' },
    ],
    [
      'not to be read there',
      { there: daily(2).map((one) => withPoint(one, 0, { fault: 'manifest-newer' as const })) },
      { chains: 1, behind: 'nas' },
    ],
  ])('stays while the mirror is %s', (_why, more, facts) => {
    const { actions, plan, guards } = planned({ ...all, local: daily(2), ...more });
    expect(actions.filter((line) => line.startsWith('trash'))).toEqual([`${trash} !G207`]);
    expect(guards).toEqual(['block G207 domain/web01']);
    expect(plan.guards[0]?.facts).toEqual(facts);
    const allow = [{ code: 'G207', scope: 'domain/web01' }];
    const again = planned({ ...all, local: daily(2), ...more, asked: { allow } });
    expect(again.actions).toContain(trash);
  });
});

describe('beside the guards', () => {
  it('--target of a domain takes its copies along, and deletes nothing', () => {
    const there = daily(3).slice(0, 2);
    const copy = 'copy-points nas:domain/web01/20261122T010000Z-00cc';
    const of = (target: string) =>
      planned({ there, local: daily(3), asked: { targets: [target] } });
    expect(of('web01').actions).toEqual([copy]);
    expect(of('nas:domain/web01')).toMatchObject({ actions: [copy], notes: [] });
    expect(of('domain/other').actions).toEqual([]);
    expect(of('usb:domain/web01').notes).toEqual(['no-such-address usb:domain/web01']);
  });

  it('notes: deleted at an unknown time or later than now, foreign things, removed: leaves copies', () => {
    const old = chain('2026-08-01T01:00:00.000Z', 1);
    const look = mirrorSeen(
      [
        copies(web01, daily(2), {
          deleted: [
            ...deletedOf(old, null),
            ...deletedOf(chain('2026-08-02T01:00:00.000Z', 1), addSeconds(now, day)),
          ],
        }),
      ],
      { foreign: 3 },
    );
    const { notes, actions } = planned({ look, mirror: { retention: retentionOf(null) } });
    expect(actions).toEqual([]);
    expect(notes).toEqual([
      'foreign-entries mirror/nas',
      'deleted-later nas:domain/web01',
      'deleted-unknown nas:domain/web01',
    ]);
  });

  it('a mirror that was not seen: nothing there, and the host is not blind', () => {
    const look = {
      name: 'nas',
      stores: [{ store: 'main', state: unseen('mirror-unreachable', 'no route') }],
    };
    const { actions, notes, plan, desired, observed } = planned({ look });
    expect([actions, notes]).toEqual([[], ['mirror-unseen mirror/nas']]);
    expect(plan).toMatchObject({ incomplete: true, onlyMirrorsUnseen: true });
    expect(plan.observed.at(-1)).toEqual({
      part: 'nas',
      seen: false,
      message: 'no route',
      chains: null,
      points: null,
    });
    const before = observed.stores[0]?.state;
    if (before?.kind !== 'ready') throw new Error('no store');
    expect(memoryOf(plan, desired, observed, null)['main']?.mirrors).toEqual(
      before.memory?.mirrors,
    );
  });

  it('a domain that is gone keeps its copies, and gets those that it lacks', () => {
    const nas = desiredMirror({ retention: retentionOf({ last: 1 }) });
    const desired = desiredState([desiredDomain(1, 'web01', { mirrors: ['nas'] })], {
      mirrors: [nas],
    });
    const look = mirrorSeen([copies(web01, daily(3).slice(0, 2))]);
    const observed = world(desired, [], [directory(web01, daily(3))], {
      mirrors: [look],
      memory: { mirrors: { nas: mirrorMemoryFor(nas, look) } },
    });
    expect(told(desired, observed).actions).toEqual([
      'copy-points nas:domain/web01/20261122T010000Z-00cc',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Removed } from '../../src/model/desired.ts';
import type { ObservedTrash } from '../../src/model/observed-store.ts';
import { chain, directory, withPoint } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, desiredStore, place, uuidOf } from './build-policy.ts';
import { aRun, world } from './build.ts';
import { told } from './told.ts';

const web01 = domain(1, 'web01');
const here = directory(web01, [chain('2026-11-20T01:00:00.000Z', 3)]);
const old07 = domain(7, 'old07');
const old = directory(old07, [
  chain('2026-01-01T01:00:00.000Z', 2),
  chain('2026-02-01T01:00:00.000Z', 2),
]);
const removed = (more: Partial<Removed> = {}): Removed => ({
  name: 'old07',
  uuid: uuidOf(7),
  chain: null,
  place: place(31),
  ...more,
});

/** The plan of a policy with `removed:`; old07 is gone from the host. */
function removing(one: Removed, directories = [here, old], more: Parameters<typeof world>[3] = {}) {
  const desired = desiredState([desiredDomain(1, 'web01')], { removed: [one] });
  return told(desired, world(desired, [tracked(web01, here)], directories, more));
}

describe('removed: the sentence that deletes a domain’s points', () => {
  it('moves every chain to the trash, the last point too', () => {
    const { actions, plan, guards } = removing(removed());
    expect(actions).toEqual([
      'trash-chain domain/old07/20260101T010000Z-00cc',
      'trash-chain domain/old07/20260201T010000Z-00cc',
    ]);
    expect(guards).toEqual([]);
    expect(plan.actions[0]).toMatchObject({
      reasons: [{ code: 'removed-by-policy' }],
      place: { line: 31 },
    });
  });

  it('I5: of one chain it leaves the last point', () => {
    const first = old.chains[0]?.id ?? null;
    expect(removing(removed({ chain: first })).actions).toEqual([
      'trash-chain domain/old07/20260101T010000Z-00cc',
    ]);
    const last = directory(old07, old.chains.slice(1));
    const { actions, guards } = removing(removed({ chain: last.chains[0]?.id ?? null }), [
      here,
      last,
    ]);
    expect(actions).toEqual(['trash-chain domain/old07/20260201T010000Z-00cc !G202']);
    expect(guards).toEqual(['block G202 domain/old07']);
  });

  it('G205: what is held stays', () => {
    const [a, b] = old.chains;
    if (a === undefined || b === undefined) throw new Error('no chains');
    const held = directory(old07, [withPoint(a, 1, { held: true }), b]);
    const { actions, guards } = removing(removed(), [here, held]);
    expect(actions).toEqual([
      'trash-chain domain/old07/20260101T010000Z-00cc !G205',
      'trash-chain domain/old07/20260201T010000Z-00cc',
    ]);
    expect(guards).toEqual(['block G205 domain/old07/20260101T010000Z-00cc']);
  });

  it('is not followed when the name is another, or a rule still selects the domain', () => {
    const misnamed = removing(removed({ name: 'old70' }));
    expect([misnamed.actions, misnamed.notes]).toEqual([[], ['removed-name-differs domain/old07']]);
    const managed = removing(removed({ name: 'web01', uuid: uuidOf(1) }));
    expect([managed.actions, managed.notes]).toEqual([[], ['removed-managed domain/web01']]);
    const done = removing(removed({ uuid: uuidOf(8) }));
    expect([done.actions, done.notes]).toEqual([[], ['removed-nothing policy']]);
  });

  it('I7: a chain without a readable manifest stays', () => {
    const [a, b] = old.chains;
    if (a === undefined || b === undefined) throw new Error('no chains');
    const where = directory(old07, [withPoint(a, 0, { fault: 'manifest-missing' }), b]);
    expect(removing(removed(), [here, where]).actions).toEqual([
      'trash-chain domain/old07/20260201T010000Z-00cc',
    ]);
  });

  it('leaving the policy is not deletion', () => {
    const desired = desiredState([desiredDomain(1, 'web01')]);
    const { actions, verdicts } = told(
      desired,
      world(desired, [tracked(web01, here)], [here, old]),
    );
    expect([actions, verdicts['old07']]).toEqual([[], 'gone gone']);
  });
});

const item = (trashedAt: string, chainAt: string): ObservedTrash => ({
  run: aRun,
  path: `.trash/${aRun}/old07/${chainAt}`,
  uuid: uuidOf(7),
  name: 'old07',
  chain: chain(chainAt, 1).id,
  points: 4,
  bytes: 1000,
  trashedAt,
});

describe('the trash', () => {
  it('is purged when its time is over, and not a second before', () => {
    const desired = desiredState([desiredDomain(1, 'web01')]);
    const trash = [
      item('2026-11-19T09:30:02.000Z', '2026-01-01T01:00:00.000Z'),
      item('2026-11-19T09:30:03.000Z', '2026-02-01T01:00:00.000Z'),
    ];
    const observed = world(desired, [tracked(web01, here)], [here], { store: { trash } });
    const { actions, plan } = told(desired, observed);
    expect(actions).toEqual(['purge-trash domain/old07/20260101T010000Z-00cc']);
    expect(plan.actions[0]).toMatchObject({ bytes: 1000, reasons: [{ code: 'trash-expired' }] });
    const longer = desiredState([desiredDomain(1, 'web01')], {
      stores: [desiredStore({ trashKeepSeconds: 30 * 86_400 })],
    });
    expect(told(longer, observed).actions).toEqual([]);
  });

  it('is not purged of what somebody began to put back, and held (G205); it says so', () => {
    const desired = desiredState([desiredDomain(1, 'web01')]);
    const trash = [
      { ...item('2026-11-19T09:30:02.000Z', '2026-01-01T01:00:00.000Z'), held: true } as const,
    ];
    const observed = world(desired, [tracked(web01, here)], [here], { store: { trash } });
    const { actions, notes } = told(desired, observed);
    expect([actions, notes]).toEqual([[], ['trash-held domain/old07/20260101T010000Z-00cc']]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import { checkpointOf } from '../../src/model/identity.ts';
import type { Plan } from '../../src/model/plan.ts';
import { unseen } from '../../src/model/result.ts';
import { checkPlan } from '../../src/planner/check.ts';
import { chain, directory, pointAt } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, mainId, retentionOf, uuidOf } from './build-policy.ts';
import { world } from './build.ts';
import { told } from './told.ts';

const web01 = domain(1, 'web01');
const where = directory(web01, [
  chain('2026-11-18T01:00:00.000Z', 1),
  chain('2026-11-19T01:00:00.000Z', 2),
]);
const desired = desiredState([desiredDomain(1, 'web01', { retention: retentionOf({ last: 1 }) })]);
const observed = world(desired, [tracked(web01, where)], [where]);
const { plan } = told(desired, observed);

/** The codes of what is wrong with the plan when its actions are changed. */
function wrong(change: (actions: readonly Action[]) => readonly Action[], state = observed) {
  const changed: Plan = { ...plan, actions: change(plan.actions) };
  return checkPlan(changed, state).map(({ code }) => code);
}

const mapped =
  (kind: Action['kind'], more: object) =>
  (actions: readonly Action[]): readonly Action[] =>
    actions.map((action) => (action.kind === kind ? { ...action, ...more } : action));

it('finds nothing wrong with the planner’s own plan, which has a backup and a deletion', () => {
  expect(plan.actions.map(({ kind }) => kind)).toEqual(['backup', 'trash-chain']);
  expect(checkPlan(plan, observed)).toEqual([]);
});

describe('law 8: what a plan must never say', () => {
  it('order: ids twice, waves that go back, dependencies that come later', () => {
    expect(wrong((actions) => [...actions, ...actions.slice(1)])).toContain('double-id');
    expect(wrong((actions) => actions.toReversed())).toEqual(
      expect.arrayContaining(['wave', 'order']),
    );
    expect(wrong((actions) => actions.slice(1))).toContain('order');
  });

  it('I2: an increment on anything but the published newest point', () => {
    const parent = { point: pointAt('2026-11-01T01:00:00.000Z'), directory: 'x', checkpoint: null };
    expect(wrong(mapped('backup', { parent }))).toContain('I2');
    expect(wrong(mapped('backup', { parent: null }))).toContain('I2');
    const [backup] = plan.actions;
    if (backup?.kind !== 'backup') throw new Error('no backup');
    const base = checkpointOf(mainId, pointAt('2026-11-22T01:00:00.000Z', 'dead'));
    const disks = backup.disks.map((disk) => ({ ...disk, base }));
    expect(wrong(mapped('backup', { disks }))).toEqual(['I2']);
    expect(wrong(mapped('backup', { disks: [] }))).toContain('empty');
  });

  it('I5: a prefix under the floor, or the newest valid point', () => {
    expect(
      wrong(
        mapped('trash-chain', {
          chain: where.chains[1]?.id,
          points: where.chains[1]?.points.map(({ id }) => id),
        }),
      ),
    ).toEqual(expect.arrayContaining(['I5', 'I6']));
    const floors = new Map([[uuidOf(1), 4]]);
    expect(checkPlan(plan, observed, floors).map(({ message }) => message)).toEqual([
      `trash-chain:main:${uuidOf(1)}:20261118T010000Z-00cc leaves 3 valid points, 4 must stay`,
    ]);
  });

  it('I6: half a chain, or one that an increment stands on', () => {
    expect(wrong(mapped('trash-chain', { points: [] }))).toContain('I6');
  });

  it('I7: what is not in the store', () => {
    expect(wrong(mapped('trash-chain', { directory: 'other' }))).toContain('I7');
  });

  it('G205: what is held', () => {
    const held = directory(
      web01,
      where.chains.map((one) => ({ ...one, held: true })),
    );
    expect(wrong((actions) => actions, world(desired, [tracked(web01, held)], [held]))).toContain(
      'G205',
    );
  });

  it('I4: a deletion where something was not seen', () => {
    expect(wrong((actions) => actions, { ...observed, runs: unseen('journal', 'no') })).toEqual([
      'I4',
    ]);
    expect(
      wrong((actions) => actions, { ...observed, hypervisor: unseen('libvirt', 'no') }),
    ).toEqual(['I4']);
  });

  it('a checkpoint that an increment counts from', () => {
    const drop = {
      kind: 'drop-checkpoint',
      id: 'drop',
      wave: 10,
      address: 'domain/web01',
      dependsOn: [],
      reasons: [],
      place: null,
      blockedBy: [],
      bytes: null,
      domain: { uuid: web01.uuid, name: 'web01' },
      store: { name: 'main', path: '/backups', id: mainId },
      checkpoint:
        where.tip?.checkpoint ?? checkpointOf(mainId, pointAt('2026-11-18T01:00:00.000Z')),
      power: 'running',
      listed: true,
      images: [],
    } as const;
    expect(wrong((actions) => [drop, ...actions])).toEqual(['I6']);
  });

  it('what a guard blocks does not count', () => {
    expect(wrong(mapped('trash-chain', { points: [], blockedBy: ['G201'] }))).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planSchemaErrors } from '../../src/cli/generated/plan-schema.ts';
import { refusalOf } from '../../src/cli/saved-plan.ts';
import { subsetOf } from '../../src/cli/subset.ts';
import { digestOf } from '../../src/model/canonical.ts';
import type { Plan } from '../../src/model/plan.ts';
import { aPlan, backup, trash } from './a-plan.ts';

const here = { host: 'kvm01', now: '2026-11-22T12:00:00.000Z' };

describe('a saved plan (G301)', () => {
  it('is good on its host, unchanged, in its time', () => {
    expect(refusalOf(aPlan([backup]), 'plan.json', here)).toBeNull();
  });

  it('is refused when it was changed', () => {
    const plan = { ...aPlan([backup]), actions: [trash] };
    expect(refusalOf(plan, 'plan.json', here)).toEqual({
      exit: 5,
      code: 'plan-changed',
      message: 'plan.json was changed after it was made: its id does not fit',
    });
  });

  it('is refused on another host', () => {
    expect(refusalOf(aPlan([]), 'plan.json', { ...here, host: 'kvm02' })).toEqual({
      exit: 5,
      code: 'plan-host',
      message: 'plan.json is for host kvm01, and this is kvm02',
    });
  });

  it('is refused when it has expired', () => {
    const now = '2026-11-22T22:00:00.001Z';
    expect(refusalOf(aPlan([]), 'plan.json', { ...here, now })).toEqual({
      exit: 5,
      code: 'plan-expired',
      message:
        'plan.json expired at 2026-11-22T22:00:00.000Z: make a new one with holdfast plan --out',
    });
  });
});

describe('a forged plan (G408)', () => {
  it('is refused when it holds what its purpose does not', () => {
    const { id: _, ...restore } = { ...aPlan([trash]), purpose: 'restore' as const };
    expect(refusalOf({ ...restore, id: digestOf(restore) }, 'plan.json', here)).toEqual({
      exit: 5,
      code: 'plan-action',
      message: `plan.json is a plan of purpose restore, and ${trash.id} has no place in one`,
    });
  });

  const story = join(import.meta.dirname, '..', 'scenarios', 'nightly-increments', 'plan.json');
  const real = JSON.parse(readFileSync(story, 'utf8')) as Plan;
  const [increment] = real.actions.filter((action) => action.kind === 'backup');
  const [disk] = increment?.disks ?? [];
  const forged = (change: object): object => ({ ...real, actions: [{ ...increment, ...change }] });

  it('has the form of a plan while nothing is forged', () => {
    expect(planSchemaErrors(forged({}))).toEqual([]);
  });

  it.each([
    ['a directory', { directory: '../../etc' }],
    ['a hidden directory', { directory: '.trash' }],
    ['a directory of a point', { pointDirectory: '../0001-20261122T020000Z-inc' }],
    ['an image', { disks: [{ ...disk, file: '../../x.qcow2' }] }],
    ['a backing file', { disks: [{ ...disk, backing: '/etc/passwd' }] }],
    ['a checkpoint', { release: ['somebody-elses'] }],
    ['a kind', { kind: 'rm' }],
    ['no disks', { disks: null }],
  ])('cannot name %s that the planner would not', (_what, change) => {
    expect(planSchemaErrors(forged(change))).not.toEqual([]);
  });
});

describe('the subset of a saved plan (G302)', () => {
  const saved = aPlan([backup, trash]);

  it('is all of it while nothing has changed, purge dates and reasons aside', () => {
    const later = {
      ...trash,
      wave: 20 as const,
      purgeAfter: '2026-11-25T12:00:00.000Z',
      reasons: [],
      dependsOn: ['x'],
    };
    const { plan, dropped } = subsetOf(saved, aPlan([backup, later]));
    expect(plan.actions).toEqual([backup, trash]);
    expect(dropped).toEqual([]);
  });

  it('leaves out a deletion that a fresh plan does not have, or has with other points', () => {
    expect(subsetOf(saved, aPlan([backup])).dropped).toEqual([trash]);
    const fewer = { ...trash, points: [] };
    expect(subsetOf(saved, aPlan([backup, fewer])).dropped).toEqual([trash]);
  });

  it('keeps what is not a deletion: its preconditions decide', () => {
    expect(subsetOf(saved, aPlan([])).plan.actions).toEqual([backup]);
  });

  it('never does more than was saved', () => {
    expect(subsetOf(aPlan([]), aPlan([backup, trash])).plan.actions).toEqual([]);
  });

  it('asks the guards of today: a new block holds, an override of today counts', () => {
    const blocked = { ...trash, blockedBy: ['G201'] };
    expect(subsetOf(saved, aPlan([backup, blocked])).plan.actions).toEqual([backup, blocked]);
    expect(subsetOf(aPlan([blocked]), aPlan([trash])).plan.actions).toEqual([trash]);
  });
});

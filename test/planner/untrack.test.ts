import { describe, expect, it } from 'vitest';
import type { ObservedDomain } from '../../src/model/observed.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { planUntrack } from '../../src/planner/untrack.ts';
import { chain, directory } from './build-chain.ts';
import { domain, off, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, request, uuidOf } from './build-policy.ts';
import { world } from './build.ts';

const web01 = domain(1, 'web01');
const where = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);
const desired = desiredState([desiredDomain(1, 'web01')]);

function untracked(one: ObservedDomain, more: Parameters<typeof world>[3] = {}) {
  const plan = planUntrack(desired, world(desired, [one], [where], more), uuidOf(1), request());
  const [verdict] = plan.domains;
  return { plan, action: plan.actions[0], verdict: [verdict?.verdict, verdict?.reasons[0]?.code] };
}

describe('untrack', () => {
  it('drops what our stores have on a running domain and closes the chain', () => {
    const { plan, action, verdict } = untracked(tracked(web01, where));
    expect([plan.purpose, verdict]).toEqual(['untrack', ['acted-on', 'asked']]);
    expect(action).toMatchObject({
      kind: 'untrack',
      directory: 'web01',
      checkpoints: [where.tip?.checkpoint],
      power: 'running',
      images: [],
      closes: '20261118T010000Z-00cc',
      blockedBy: [],
    });
  });

  it('I7: leaves another store’s checkpoints, and a user’s own', () => {
    const mine = tracked(web01, where);
    const others = ['before-upgrade', 'holdfast-ffffffff-20261120T010000Z-00aa'].map((name) => ({
      name,
      parent: null,
      disks: [{ target: 'vda', bitmap: name, dirtyBytes: 0 }],
    }));
    const listed = mine.checkpoints.seen ? mine.checkpoints.value : [];
    const both = { ...mine, checkpoints: seen([...others, ...listed]) };
    expect(untracked(both).action).toMatchObject({ checkpoints: [where.tip?.checkpoint] });
    const foreign = { ...mine, checkpoints: seen(others) };
    expect(untracked(foreign).verdict).toEqual(['up-to-date', 'nothing-tracked']);
  });

  it('names the images of a domain that is off', () => {
    expect(untracked(tracked(off(web01), where)).action).toMatchObject({
      power: 'off',
      images: ['/var/lib/libvirt/images/web01-vda.qcow2'],
    });
  });

  it('has nothing to do, or cannot now', () => {
    expect(untracked(web01).verdict).toEqual(['up-to-date', 'nothing-tracked']);
    const busy = { ...tracked(web01, where), blockJobs: ['vda'] };
    expect([untracked(busy).plan.actions, untracked(busy).verdict]).toEqual([
      [],
      ['waiting', 'block-job'],
    ]);
    const blind = { ...web01, checkpoints: unseen('virsh', 'no') };
    expect(untracked(blind).verdict).toEqual(['unseen', 'checkpoints-unseen']);
    const nobody = planUntrack(desired, world(desired, [], []), uuidOf(9), request());
    expect([nobody.actions, nobody.domains]).toEqual([[], []]);
  });

  it('I4: is withheld while journals cannot be read', () => {
    const { action, plan } = untracked(tracked(web01, where), { runs: unseen('journal', 'no') });
    expect([action?.blockedBy, plan.guards.map(({ code }) => code)]).toEqual([['G151'], ['G151']]);
  });
});

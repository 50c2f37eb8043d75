import { describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/model/instant.ts';
import { noRequest } from '../../src/model/plan.ts';
import { drillReason } from '../../src/planner/drill-dueness.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { day, hour, now } from './build-policy.ts';
import { drillOf } from './drill-world.ts';
import { drillStories } from './stories/drills.ts';
import { desiredOf } from './stories/story.ts';
import { applied } from './world.ts';

const monthly = {
  everySeconds: 30 * day,
  wait: 'agent',
  port: null,
  timeoutSeconds: 300,
  script: null,
  from: null,
} as const;

const about = {
  chain:
    drillStories[0]?.observed.stores[0]?.state.kind === 'ready'
      ? drillStories[0].observed.stores[0].state.directories[0]?.tip
      : null,
};
const { tip } = { tip: about.chain };
if (tip === null || tip === undefined) throw new Error('the first story has a point');
const what = {
  chain: tip.chain,
  point: tip.point,
  sequence: 4,
  wait: 'agent',
  script: null,
  from: null,
} as const;

const ms = Date.parse(now);
const clock = { asOf: now, asOfMs: ms, observedMs: ms };

/** The code of the reason for a drill, so many seconds after one that ended so. */
function reasonAfter(
  secondsAgo: number,
  result: 'passed' | 'failed',
  every = 30 * day,
): string | null {
  const failure = result === 'failed' ? { code: 'drill-silent', message: 'nobody' } : null;
  const last = drillOf(what, addSeconds(now, -secondsAgo), { result, failure });
  const memory = { formatVersion: 1, last, passed: result === 'passed' ? last : null } as const;
  return drillReason({ ...monthly, everySeconds: every }, memory, clock)?.code ?? null;
}

describe('drillReason', () => {
  it('is never-drilled without a drill', () =>
    expect(drillReason(monthly, null, clock)).toEqual({ code: 'never-drilled' }));

  it('comes again after `every`, to the second', () => {
    expect(reasonAfter(30 * day - 1, 'passed')).toBeNull();
    expect(reasonAfter(30 * day, 'passed')).toBe('drill-due');
  });

  it('comes again a day after a failure, or after `every` if that is shorter', () => {
    expect(reasonAfter(day - 1, 'failed')).toBeNull();
    expect(reasonAfter(day, 'failed')).toBe('drill-failed');
    expect(reasonAfter(2 * hour, 'failed', hour)).toBe('drill-failed');
  });

  it('one that is dated later than the observation does not count (G154)', () =>
    expect(reasonAfter(-hour, 'passed')).toBe('never-drilled'));
});

describe('I3: planning again after an apply', () => {
  const withDrills = drillStories.filter(({ observed, policy }) =>
    planPolicy(desiredOf(policy, observed), observed, noRequest).actions.some(
      ({ kind, blockedBy }) => kind === 'drill' && blockedBy.length === 0,
    ),
  );

  it('is asked of more than a few', () => expect(withDrills.length).toBeGreaterThan(5));

  it.each(withDrills)('$name: no drill is left', ({ policy, observed }) => {
    const plan = planPolicy(desiredOf(policy, observed), observed, noRequest);
    const after = applied(observed, plan.actions);
    const again = planPolicy(desiredOf(policy, after), after, noRequest);
    expect(again.actions.filter(({ kind }) => kind === 'drill')).toEqual([]);
  });

  it('boots no faulty point, and nothing where libvirt was not seen', () => {
    const story = drillStories.find(({ name }) => name === 'drill-never-made');
    if (story === undefined) throw new Error('no such story');
    const { policy, observed } = story;
    const blind = {
      ...observed,
      hypervisor: { seen: false, failure: { code: 'libvirt-unreachable', message: 'away' } },
    } as const;
    expect(planPolicy(desiredOf(policy, blind), blind, noRequest).actions).toEqual([]);
    const old = { ...observed };
    delete old.drills;
    expect(planPolicy(desiredOf(policy, old), old, noRequest).actions).toEqual([]);
  });
});

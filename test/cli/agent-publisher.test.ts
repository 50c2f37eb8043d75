import { describe, expect, it } from 'vitest';
import { isToTell } from '../../src/cli/agent-publisher.ts';
import { statusReport } from '../../src/cli/status-report.ts';
import { leftOutWords, publishPlace, stateDigest, toldFiles } from '../../src/cli/told-state.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { parseHostFile } from '../../src/policy/host-file.ts';
import { samplePlan } from '../reporter/sample-plan.ts';
import { bareHost } from './bare-host.ts';

const observed = bareHost();

const stateOf = (seenNow: ObservedState, plan = samplePlan) => ({
  observed: seenNow,
  plan,
  status: statusReport(plan, seenNow, { stores: [], removed: [], domains: [], mirrors: [] }),
});

describe('what is told', () => {
  it('is four files, with a plan that people read', () => {
    const { told, leftOut } = toldFiles(stateOf(observed), 'd');
    expect(Object.keys(told.files)).toEqual([
      'observed.json',
      'plan.json',
      'plan.md',
      'status.json',
    ]);
    expect(JSON.parse(told.files['observed.json'] ?? '')).toEqual(observed);
    expect(told.files['plan.md']).toContain('### Holdfast plan');
    expect([told.subject, told.author]).toEqual([
      'State of kvm01 at 2026-11-22T10:00:00.000Z',
      'holdfast on kvm01',
    ]);
    expect(leftOut).toEqual([]);
  });

  it('leaves out a file that is too long, and says which', () => {
    const { told, leftOut } = toldFiles(stateOf(observed), 'd', 1000);
    expect(Object.keys(told.files)).not.toContain('plan.json');
    expect(leftOut).toContain('plan.json');
    expect(leftOutWords(['plan.json'])).toBe('plan.json not told: longer than 32 MiB');
  });

  it('is no news when nothing but time, ages and free space has changed', () => {
    const digest = stateDigest(stateOf(observed));
    const later: ObservedState = {
      ...observed,
      observedAt: '2026-11-22T10:05:00.000Z',
      host: { ...observed.host, bootClockSeconds: 301 },
      scratch: seen({ path: '/scratch', freeBytes: 4000, limitBytes: null }),
    };
    const plan = { ...samplePlan, id: 'other', plannedAt: later.observedAt };
    expect(stateDigest(stateOf(later, plan))).toBe(digest);
    const [first, ...others] = samplePlan.actions;
    expect(first).toBeDefined();
    expect(stateDigest(stateOf(observed, { ...samplePlan, actions: others }))).not.toBe(digest);
    expect(stateDigest(stateOf(observed, { ...samplePlan, guards: [] }))).not.toBe(digest);
    const policy = { ...samplePlan.policy, commit: 'f'.repeat(40) };
    expect(stateDigest(stateOf(observed, { ...samplePlan, policy }))).not.toBe(digest);
    const dark = {
      ...observed,
      runs: { seen: false, failure: { code: 'x', message: '' } },
    } as const;
    expect(stateDigest(stateOf(dark))).not.toBe(digest);
  });
});

const publishOf = (text: string) => {
  const read = parseHostFile(`publish: { url: /srv/state.git${text} }\n`, 'host.yaml');
  if (!read.ok || read.value.publish === null) throw new Error('no host file');
  return read.value.publish;
};

it('names a branch by the host, unless the host file names one', () => {
  expect(publishPlace(publishOf(''), 'kvm01.example.org').branch).toBe(
    'holdfast/state/kvm01-example-org',
  );
  expect(publishPlace(publishOf(', branch: state/a'), 'kvm01').branch).toBe('state/a');
});

describe('when it is told', () => {
  const place = { url: '/srv/state.git', branch: 'holdfast/state/kvm01' };
  const told = { ...place, at: '2026-11-22T10:00:00.000Z', commit: 'c', digest: 'one' };
  const at = (time: string, digest: string, state: Parameters<typeof isToTell>[0]): boolean =>
    isToTell(state, place, digest, { everySeconds: 600, now: `2026-11-${time}:00.000Z` });

  it('at once when nothing was told, and when it goes to another place', () => {
    expect(at('22T10:00', 'one', { told: null, failed: null })).toBe(true);
    expect(at('22T10:00', 'one', { told: { ...told, branch: 'b' }, failed: null })).toBe(true);
    expect(at('22T10:00', 'one', { told: { ...told, url: '/other' }, failed: null })).toBe(true);
  });

  it('when it is news, and not too often', () => {
    expect(at('22T10:09', 'two', { told, failed: null })).toBe(false);
    expect(at('22T10:10', 'two', { told, failed: null })).toBe(true);
  });

  it('once a day when it is none', () => {
    expect(at('23T09:59', 'one', { told, failed: null })).toBe(false);
    expect(at('23T10:00', 'one', { told, failed: null })).toBe(true);
  });

  it('not again at once after a failure', () => {
    const failed = { at: '2026-11-22T10:20:00.000Z', message: 'away' };
    expect(at('22T10:29', 'two', { told, failed })).toBe(false);
    expect(at('22T10:30', 'two', { told, failed })).toBe(true);
    expect(at('22T10:29', 'one', { told: null, failed })).toBe(false);
  });

  it('though a clock that was ahead has dated the last time', () => {
    const ahead = { ...told, at: '2027-11-22T10:00:00.000Z' };
    expect(at('22T10:00', 'one', { told: ahead, failed: null })).toBe(true);
  });
});

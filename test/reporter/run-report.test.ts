import { describe, expect, it } from 'vitest';
import type { EventBody, Outcome, RunEvent } from '../../src/model/event.ts';
import { runId } from '../../src/model/identity.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Restore } from '../../src/model/restore-action.ts';
import { eventWords, progressWords, renderEvent } from '../../src/reporter/event.ts';
import { renderRunReport } from '../../src/reporter/run-report.ts';
import {
  db1,
  mail01,
  planWith,
  plannedAt,
  restoreInPlace,
  samplePlan,
  verdict,
  web01,
} from './sample-plan.ts';

const run = runId('20261122T093044Z-3a9f01bc');
const plain = { color: false, width: null, verbose: false };
const GiB = 1024 ** 3;

/** Events of a run, a second apart, the last one 41 s after the first. */
function eventsOf(bodies: readonly EventBody[]): readonly RunEvent[] {
  return bodies.map((body, index) => ({
    formatVersion: 1,
    run,
    number: index + 1,
    at: addSeconds(plannedAt, index === bodies.length - 1 ? 41 : index),
    ...body,
  }));
}

const started: EventBody = {
  kind: 'run-started',
  plan: samplePlan.id,
  purpose: 'policy',
  host: 'kvm01',
  pid: 4711,
  actions: 4,
};
const finished = (action: string, outcome: Outcome): EventBody => ({
  kind: 'action-finished',
  action,
  outcome,
});
const ended = (change: Partial<Extract<EventBody, { kind: 'run-finished' }>>): EventBody => ({
  kind: 'run-finished',
  done: 4,
  failed: 0,
  skipped: 0,
  interrupted: false,
  converged: true,
  ...change,
});
const idOf = (uuid: string): string => `backup:main:${uuid}`;
const done = (bytes: number | null, seconds: number): Outcome => ({ code: 'done', bytes, seconds });
const failure = { code: 'scratch-full', message: 'The scratch directory is full\nsee the plan' };

describe('the report of a run', () => {
  it('ends in what was done and that nothing is left', () => {
    const events = eventsOf([
      started,
      finished('drop-checkpoint:web01', done(null, 0.2)),
      finished(idOf(mail01.uuid), done(0.5 * GiB, 20)),
      finished(idOf(web01.uuid), done(0.25 * GiB, 3.21)),
      finished(idOf(db1.uuid), done(0.45 * GiB, 72)),
      ended({}),
    ]);
    const next = planWith({
      domains: [verdict(mail01, 'up-to-date', { nextDueAt: addSeconds(plannedAt, 720) })],
    });
    expect(renderRunReport({ plan: samplePlan, events, next }, plain)).toBe(`\
  done     domain/web01   drop checkpoint holdfast-…-0019       in 0.2 s
  done     domain/mail01  full, about 48 GiB                    512 MiB in 20 s
  done     domain/web01   increment 0006 on 0005, 1.2 GiB       256 MiB in 3.2 s
  done     domain/db1     full, about 61 GiB                    461 MiB in 1m 12s

Done: 1 repair; 3 points, 1.2 GiB in 41 s. Planning again: nothing to do; next due: mail01 in 12m. Blocked, not done: 1 action (G201).
`);
  });

  it('names what was not done', () => {
    const events = eventsOf([
      started,
      { kind: 'warning', action: idOf(web01.uuid), failure: { code: 'x', message: 'no agent' } },
      finished(idOf(mail01.uuid), done(GiB, 20)),
      finished(idOf(web01.uuid), { code: 'failed', failure }),
      finished('trash-chain:main:20260601T020000Z-1f0e', {
        code: 'skipped',
        because: idOf(web01.uuid),
      }),
      ended({ done: 1, failed: 1, skipped: 1, converged: null }),
    ]);
    expect(renderRunReport({ plan: samplePlan, events, next: null }, plain)).toBe(`\
  done     domain/mail01                   full, about 48 GiB                    1 GiB in 20 s
  failed   domain/web01                    increment 0006 on 0005, 1.2 GiB       scratch-full: The scratch directory is full see the plan
  skipped  domain/web01/20260601T02…-1f0e  30 points 38.2 GiB                    not done before it: domain/web01, increment 0006 on 0005, 1.2 GiB
  warning  domain/web01: no agent

Partly done: 1 point, 1 GiB in 41 s; 1 failed, 1 skipped (domain/web01, domain/web01/20260601T02…-1f0e). The next plan tries again.
`);
  });

  it.each([
    [
      [finished(idOf(mail01.uuid), { code: 'failed', failure }), ended({ converged: null })],
      'Not done: 1 failed (domain/mail01) in 41 s. The next plan tries again. Blocked, not done: 1 action (G201).',
    ],
    [
      [finished(idOf(mail01.uuid), { code: 'already' }), ended({ converged: null })],
      'Done: nothing was left to do in 41 s. Blocked, not done: 1 action (G201).',
    ],
    [
      [finished(idOf(mail01.uuid), done(GiB, 1)), ended({ converged: false })],
      'Done: 1 point, 1 GiB in 41 s. Planning again finds more to do: 3 to run, 1 to repair, 1 to delete (38.2 GiB, blocked); 38 unchanged; see holdfast plan. Blocked, not done: 1 action (G201).',
    ],
    [
      [finished(idOf(mail01.uuid), { code: 'interrupted' }), ended({ interrupted: true })],
      'Interrupted before anything was done, after 41 s. No published point is lost; the next plan shows what is left. Blocked, not done: 1 action (G201).',
    ],
  ] as const)('closes with one sentence', (bodies, sentence) => {
    const events = eventsOf([started, ...bodies]);
    const report = renderRunReport({ plan: samplePlan, events, next: samplePlan }, plain);
    expect(report.trimEnd().split('\n').at(-1)).toBe(sentence);
  });
});

const restored = (change: Partial<Restore>): Plan => ({
  ...samplePlan,
  purpose: 'restore',
  actions: [{ ...restoreInPlace, ...change }],
});
const reportOf = (plan: Plan, outcome: Outcome, ...before: readonly EventBody[]): string => {
  const events = eventsOf([
    started,
    ...before,
    finished(restoreInPlace.id, outcome),
    ended({ converged: null }),
  ]);
  return renderRunReport({ plan, events, next: null }, plain);
};

describe('the report of a restore', () => {
  it('names what was kept aside', () => {
    expect(reportOf(restored({}), done(GiB, 3))).toBe(`\
  done     domain/web01/20261101T02…-88c1/0005  in place, over what is there, 1 disk, 12 GiB  1 GiB in 3 s
  kept     /var/lib/libvirt/images/web01.qcow2.before-restore-20261122T093002Z

Done: 1 point restored, 1 GiB in 41 s.
`);
  });

  it('says how a domain on overlays is ended', () => {
    const [image] = restoreInPlace.images;
    const images = image === undefined ? [] : [{ ...image, to: '/var/tmp/a b', asideAs: null }];
    expect(reportOf(restored({ mode: 'instant', images }), done(GiB, 3))).toBe(`\
  done     domain/web01/20261101T02…-88c1/0005  as domain web01 on overlays, at once, 1 disk, 12 GiB  1 GiB in 3 s
  to end   it, for the chain stays held until then:
           virsh destroy web01
           virsh undefine web01
           rm '/var/tmp/a b'
           holdfast release domain/web01/20261101T020000Z-88c1

Done: 1 point restored, 1 GiB in 41 s.
`);
  });

  it('leaves a hold that was there before to whoever set it', () => {
    const [image] = restoreInPlace.images;
    const images = image === undefined ? [] : [{ ...image, to: '/var/tmp/a', asideAs: null }];
    const message = 'domain/web01/20261101T020000Z-88c1 was held before.';
    const warning: EventBody = {
      kind: 'warning',
      action: restoreInPlace.id,
      failure: { code: 'held-before', message },
    };
    const plan = restored({ mode: 'instant', images });
    expect(reportOf(plan, done(GiB, 3), warning)).toBe(`\
  done     domain/web01/20261101T02…-88c1/0005  as domain web01 on overlays, at once, 1 disk, 12 GiB  1 GiB in 3 s
  warning  domain/web01/20261101T02…-88c1/0005: domain/web01/20261101T020000Z-88c1 was held before.
  to end   it (the hold of the chain was there before, and stays):
           virsh destroy web01
           virsh undefine web01
           rm /var/tmp/a

Done: 1 point restored, 1 GiB in 41 s.
`);
    // Another action's warning is none about this one.
    expect(reportOf(plan, done(GiB, 3), { ...warning, action: 'another' })).toContain('release');
  });

  it('ends in what to do about a failed one, its long text in short', () => {
    const message = `Writing vda: the disk is full. ${'More of it. '.repeat(40)}`;
    expect(reportOf(restored({}), { code: 'failed', failure: { code: 'io', message } })).toBe(`\
  failed   domain/web01/20261101T02…-88c1/0005  in place, over what is there, 1 disk, 12 GiB  io: Writing vda: the disk is full …

Not done: 1 failed (domain/web01/20261101T02…-88c1/0005) in 41 s. Run the command again.
`);
  });

  it('is one sentence with --quiet where all went well', () => {
    const events = eventsOf([started, finished(idOf(mail01.uuid), done(GiB, 20)), ended({})]);
    expect(renderRunReport({ plan: samplePlan, events, next: null, quiet: true }, plain)).toBe(
      'Done: 1 point, 1 GiB in 41 s. Planning again: nothing to do. Blocked, not done: 1 action (G201).\n',
    );
  });
});

describe('a line of a run', () => {
  const words = eventWords(samplePlan, { color: false, verbose: false });
  const line = (body: EventBody): string | null => {
    const [event] = eventsOf([body]);
    return event === undefined ? null : renderEvent({ ...event, at: plannedAt }, words);
  };

  it('says what began, goes on and ended', () => {
    const action = idOf(web01.uuid);
    expect([
      line(started),
      line({ kind: 'action-started', action, what: 'backup', address: 'domain/web01' }),
      line({ kind: 'progress', action, doneBytes: 600 * 1024 ** 2, totalBytes: 1.2 * GiB }),
      line({ kind: 'warning', action, failure: { code: 'x', message: 'no\u001B[2J agent' } }),
      line(finished(action, done(GiB, 41))),
      line(finished(action, { code: 'waiting', failure })),
      line(finished(action, { code: 'skipped', because: 'interrupted' })),
      line(finished(action, { code: 'interrupted' })),
      line(finished('unknown:id', { code: 'already' })),
      line(ended({ failed: 1, interrupted: true })),
    ]).toEqual([
      '10:30:02  run      20261122T093044Z-3a9f01bc, 4 actions',
      '10:30:02  start    domain/web01  increment 0006 on 0005, 1.2 GiB',
      '10:30:02  still    domain/web01  600 MiB of 1.2 GiB (48 %)',
      '10:30:02  warning  domain/web01  no agent',
      '10:30:02  done     domain/web01  1 GiB in 41 s',
      '10:30:02  waiting  domain/web01  scratch-full: The scratch directory is full see the plan',
      '10:30:02  skipped  domain/web01  the run was stopped before it',
      '10:30:02  stopped  domain/web01  by a signal; what it had begun is undone',
      '10:30:02  already  unknown:id  was done before',
      '10:30:02  end      4 done, 1 failed, 0 skipped, interrupted',
    ]);
  });

  it('leaves to the journal what only the journal needs', () => {
    const step: EventBody = {
      kind: 'step',
      action: idOf(web01.uuid),
      step: 'publish',
      path: 'domains/web01',
    };
    expect(line(step)).toBeNull();
    const all = eventWords(samplePlan, { color: false, verbose: true });
    const [event] = eventsOf([step]);
    expect(event === undefined ? null : renderEvent({ ...event, at: plannedAt }, all)).toBe(
      '10:30:02  step     domain/web01  publish domains/web01',
    );
  });

  it('never says 100 % before the end', () => {
    expect(progressWords({ doneBytes: 5 * GiB, totalBytes: GiB })).toBe('5 GiB of 1 GiB (99 %)');
    expect(progressWords({ doneBytes: GiB, totalBytes: null })).toBe('1 GiB');
    expect(progressWords({ doneBytes: 0, totalBytes: 0 })).toBe('0 B');
  });
});

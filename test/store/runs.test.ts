import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runId } from '../../src/model/identity.ts';
import { dismissIntent, dismissRun } from '../../src/store/dismiss.ts';
import { keptRuns } from '../../src/store/journal-file.ts';
import { readHistory, readRuns } from '../../src/store/runs.ts';
import { db1, failureOf, later, must, temporary, theRun, web01 } from './fixture.ts';
import {
  clock,
  everything,
  frozen,
  journalOf,
  linesOf,
  started,
  swap,
  up,
} from './journal-events.ts';

const dead = (dir: { readonly stateDir: string }) => {
  return { stateDir: dir.stateDir, run: theRun, clock };
};

describe('readRuns', () => {
  it('tells runs that died from those at work and those that ended', async () => {
    using dir = temporary();
    expect(await readRuns(dir.stateDir)).toEqual({ seen: true, value: [] });
    const alive = journalOf(dir.stateDir, [
      started,
      { kind: 'intent', action: 'a', intent: frozen },
    ]);
    expect(await readRuns(dir.stateDir)).toEqual({ seen: true, value: [] });
    alive.close();
    expect(await readRuns(dir.stateDir)).toEqual({
      seen: true,
      value: [{ run: theRun, startedAt: later, open: [frozen], files: [] }],
    });
    const done = runId('20261126T020000Z-00000001');
    journalOf(dir.stateDir, everything, done).close();
    const runs = await readRuns(dir.stateDir);
    expect(runs.seen && runs.value.map(({ run }) => run)).toEqual([theRun]);
  });

  it('gives what is open: the last word of each action and kind', async () => {
    using dir = temporary();
    journalOf(dir.stateDir, everything.slice(0, -1)).close();
    const runs = await readRuns(dir.stateDir);
    expect(runs.seen && runs.value[0]?.open).toEqual([up(7), swap]);
  });

  it.each(['', '{"formatVersion":1,"run":"2026', '\0\0\0\0'])(
    'leaves out a last line that was not finished: %j',
    async (torn) => {
      using dir = temporary();
      journalOf(dir.stateDir, [started, { kind: 'intent', action: 'a', intent: frozen }]).close();
      appendFileSync(`${dir.stateDir}/runs/${theRun}.ndjson`, torn);
      const runs = await readRuns(dir.stateDir);
      expect(runs.seen && runs.value[0]?.open).toEqual([frozen]);
    },
  );

  it('knows a run that died before its first word', async () => {
    using dir = temporary();
    journalOf(dir.stateDir, []).close();
    expect(await readRuns(dir.stateDir)).toEqual({
      seen: true,
      value: [{ run: theRun, startedAt: '2026-11-25T02:00:00.000Z', open: [], files: [] }],
    });
  });

  it('sees nothing when a line is damaged: it may hide a frozen guest', async () => {
    using dir = temporary();
    journalOf(dir.stateDir, [started]).close();
    const path = `${dir.stateDir}/runs/${theRun}.ndjson`;
    appendFileSync(path, '{"formatVersion":1,"kind":"intent"}\n');
    const runs = await readRuns(dir.stateDir);
    expect(runs).toEqual({
      seen: false,
      failure: {
        code: 'journal-unreadable',
        message: `${path}, line 2: run must be a run id, missing; number must be a whole number of 0 or more, missing; at must be an instant like 2026-11-22T02:00:00.000Z, missing; action must be text, missing; intent must be an object, missing; look at what the run left, then move the file away`,
      },
    });
  });
});

describe('what is no journal of ours among the journals', () => {
  const name = runId('20261125T030000Z-00000002');
  const place = (dir: { readonly stateDir: string }): string =>
    `${dir.stateDir}/runs/${name}.ndjson`;

  it.each([
    [
      'a pipe, which nobody would ever write to',
      (path: string) => execFileSync('mkfifo', [path]),
      'is no regular file',
    ],
    ['a directory', (path: string) => mkdirSync(path), 'is no regular file'],
    ['a link', (path: string) => symlinkSync('/dev/zero', path), 'is no regular file'],
    [
      'a file of gigabytes',
      (path: string) => {
        writeFileSync(path, '');
        truncateSync(path, 3 * 1024 ** 3);
      },
      'is too large for a journal (3221225472 bytes)',
    ],
  ])('%s makes runs unseen, and is not read', async (_what, make, why) => {
    using dir = temporary();
    journalOf(dir.stateDir, [started, { kind: 'intent', action: 'a', intent: frozen }]).close();
    make(place(dir));
    const message = `${place(dir)} ${why}; look at what the run left, then move the file away`;
    expect(await readRuns(dir.stateDir)).toEqual({
      seen: false,
      failure: { code: 'journal-unreadable', message },
    });
    const history = await readHistory(dir.stateDir, 10);
    expect(history.seen && history.value.map(({ run, actions }) => [run, actions])).toEqual([
      [name, []],
      [theRun, []],
    ]);
    // Beginning a run looks at old journals too.
    for (let each = 0; each < keptRuns; each += 1) {
      const run = runId(`20261126T020000Z-${String(each).padStart(8, '0')}`);
      writeFileSync(`${dir.stateDir}/runs/${run}.ndjson`, '');
    }
    journalOf(dir.stateDir, [started], runId('20261127T020000Z-00000000')).close();
    expect(lstatSync(place(dir)).ino).toBeGreaterThan(0);
  });
});

describe('the end of a run that died', () => {
  it('comes with the last of its intents', async () => {
    using dir = temporary();
    const path = `${dir.stateDir}/runs/${theRun}.ndjson`;
    journalOf(dir.stateDir, everything.slice(0, -1)).close();
    appendFileSync(path, '{"torn');
    must(await dismissIntent(dead(dir), web01, 'frozen-domain'));
    must(await dismissIntent(dead(dir), db1, 'started-domain'));
    const runs = await readRuns(dir.stateDir);
    expect(runs.seen && runs.value[0]?.open).toEqual([swap]);
    must(await dismissIntent(dead(dir), db1, 'restore-swap'));
    expect(await readRuns(dir.stateDir)).toEqual({ seen: true, value: [] });
    expect(linesOf(path).slice(-3)).toEqual([
      {
        formatVersion: 1,
        run: theRun,
        number: 22,
        at: later,
        kind: 'intent-closed',
        action: 'b',
        intent: 'started-domain',
      },
      {
        formatVersion: 1,
        run: theRun,
        number: 23,
        at: later,
        kind: 'intent-closed',
        action: 'b',
        intent: 'restore-swap',
      },
      {
        formatVersion: 1,
        run: theRun,
        number: 24,
        at: later,
        kind: 'run-finished',
        done: 2,
        failed: 1,
        skipped: 1,
        interrupted: true,
        converged: null,
      },
    ]);
    must(await dismissIntent(dead(dir), db1, 'restore-swap'));
    expect(linesOf(path)).toHaveLength(24);
  });

  it('can be given at once, but not to a run at work', async () => {
    using dir = temporary();
    const journal = journalOf(dir.stateDir, [started]);
    expect(failureOf(await dismissRun(dead(dir)))).toEqual({
      code: 'run-alive',
      message: `run ${theRun} is still at work`,
    });
    journal.close();
    must(await dismissRun(dead(dir)));
    must(await dismissRun(dead(dir)));
    expect(linesOf(`${dir.stateDir}/runs/${theRun}.ndjson`)).toHaveLength(2);
  });
});

it('tells history, newest first', async () => {
  using dir = temporary();
  expect(await readHistory(dir.stateDir, 10)).toEqual({ seen: true, value: [] });
  const second = runId('20261126T020000Z-00000001');
  const third = runId('20261127T020000Z-00000001');
  journalOf(dir.stateDir, everything).close();
  journalOf(dir.stateDir, everything.slice(0, 5), second).close();
  const working = journalOf(dir.stateDir, [started], third);
  const action = { id: 'a', what: 'backup', address: 'domain/web01' };
  const base = { purpose: 'policy', plan: 'p'.repeat(64), startedAt: later };
  expect(await readHistory(dir.stateDir, 10)).toEqual({
    seen: true,
    value: [
      {
        ...base,
        run: third,
        finishedAt: null,
        running: true,
        done: 0,
        failed: 0,
        skipped: 0,
        interrupted: false,
        converged: null,
        actions: [],
      },
      {
        ...base,
        run: second,
        finishedAt: null,
        running: false,
        done: 0,
        failed: 0,
        skipped: 0,
        interrupted: true,
        converged: null,
        actions: [{ ...action, outcome: null }],
      },
      {
        ...base,
        run: theRun,
        finishedAt: later,
        running: false,
        done: 1,
        failed: 1,
        skipped: 0,
        interrupted: false,
        converged: true,
        actions: [
          { ...action, outcome: { code: 'done', bytes: 7, seconds: 1.5 } },
          {
            id: 'b',
            what: 'restore',
            address: 'domain/db1',
            outcome: { code: 'failed', failure: { code: 'c', message: 'm' } },
          },
        ],
      },
    ],
  });
  const limited = await readHistory(dir.stateDir, 1);
  expect(limited.seen && limited.value.map(({ run }) => run)).toEqual([third]);
  working.close();
});

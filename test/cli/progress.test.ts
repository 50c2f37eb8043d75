import { describe, expect, it } from 'vitest';
import { afterEvent, progressBar, progressLine, type Running } from '../../src/cli/progress.ts';
import type { EventBody, RunEvent } from '../../src/model/event.ts';
import { runId } from '../../src/model/identity.ts';
import { instantOf } from '../../src/model/instant.ts';

const start = Date.parse('2026-11-22T02:00:00.000Z');
const event = (seconds: number, body: EventBody): RunEvent => ({
  formatVersion: 1,
  run: runId('20261122T020000Z-3a9f01bc'),
  number: 1,
  at: instantOf(start + seconds * 1000),
  ...body,
});
const begun = (action: string, address: string): EventBody => ({
  kind: 'action-started',
  action,
  what: 'backup',
  address,
});

describe('progress', () => {
  it('follows the events of each action', () => {
    let running: ReadonlyMap<string, Running> = new Map();
    const take = (seconds: number, body: EventBody): void => {
      running = afterEvent(running, event(seconds, body));
    };
    take(0, begun('a', 'domain/web01'));
    take(1, begun('b', 'domain/db\u001B[31m1'));
    take(4, { kind: 'progress', action: 'a', doneBytes: 400, totalBytes: 1000 });
    take(4, { kind: 'progress', action: 'unknown', doneBytes: 1, totalBytes: 1 });
    expect([...running.values()].map((one) => progressLine(one, start + 5000))).toEqual([
      'domain/web01 backup 400 B of 1000 B (40 %), 100 B/s, 6 s left',
      'domain/db1 backup, 4 s',
    ]);
    take(6, { kind: 'action-finished', action: 'a', outcome: { code: 'already' } });
    expect([...running.keys()]).toEqual(['b']);
  });

  const copying: Running = {
    address: 'domain/web01',
    what: 'backup',
    startedAt: start,
    at: start + 10_000,
    doneBytes: 3 * 1024 ** 3,
    totalBytes: 4 * 1024 ** 3,
  };

  it('says no rate in the first seconds, and no time left of an unknown size', () => {
    expect(progressLine({ ...copying, at: start + 1000 }, start + 1000)).toBe(
      'domain/web01 backup 3 GiB of 4 GiB (75 %)',
    );
    expect(progressLine({ ...copying, totalBytes: null }, start + 10_000)).toBe(
      'domain/web01 backup 3 GiB, 307 MiB/s',
    );
  });

  it('draws a bar no wider than the terminal', () => {
    expect(progressBar(copying, start + 10_000, 200)).toBe(
      '  [##################......] domain/web01 backup 3 GiB of 4 GiB (75 %), 307 MiB/s, 4 s left',
    );
    expect(progressBar(copying, start + 10_000, 40)).toHaveLength(39);
  });
});

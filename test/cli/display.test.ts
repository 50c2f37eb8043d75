import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Display, type DisplayOptions } from '../../src/cli/display.ts';
import type { EventBody, RunEvent } from '../../src/model/event.ts';
import { runId } from '../../src/model/identity.ts';
import { instantOf } from '../../src/model/instant.ts';

const start = Date.parse('2026-11-22T02:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

const event = (body: EventBody): RunEvent => ({
  formatVersion: 1,
  run: runId('20261122T020000Z-3a9f01bc'),
  number: 1,
  at: instantOf(Date.now()),
  ...body,
});
const begun: EventBody = {
  kind: 'action-started',
  action: 'a',
  what: 'backup',
  address: 'domain/a',
};
const half: EventBody = { kind: 'progress', action: 'a', doneBytes: 512, totalBytes: 1024 };
const done: EventBody = {
  kind: 'action-finished',
  action: 'a',
  outcome: { code: 'done', bytes: 1024, seconds: 20 },
};
const failed: EventBody = {
  kind: 'action-finished',
  action: 'a',
  outcome: { code: 'failed', failure: { code: 'x', message: 'no' } },
};

const render = ({ kind }: RunEvent): string | null => (kind === 'progress' ? null : kind);

/** A display, and what it wrote on standard output and standard error. */
function shown(tty: boolean, options: Partial<DisplayOptions> = {}) {
  const told = { out: '', err: '' };
  const terminal = {
    out: (text: string) => void (told.out += text),
    err: (text: string) => void (told.err += text),
    outIsTty: tty,
    errIsTty: tty,
    inIsTty: tty,
    columns: 200,
    errColumns: 200,
    env: { TERM: 'xterm' },
    cwd: '/',
    readInput: async () => '',
    ask: async () => '',
  };
  const display = new Display({ terminal, json: false, quiet: false, render, ...options });
  return { display, told, terminal };
}

describe('a run is shown', () => {
  it('in a log: a line an event, and one every ten seconds', () => {
    const { display, told } = shown(false);
    display.emit(event(begun));
    vi.advanceTimersByTime(4000);
    display.emit(event(half));
    vi.advanceTimersByTime(6000);
    expect(told.err).toBe(
      'action-started\n  domain/a backup 512 B of 1 KiB (50 %), 128 B/s, 4 s left\n',
    );
    display.emit(event(done));
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual({
      out: '',
      err: 'action-started\n  domain/a backup 512 B of 1 KiB (50 %), 128 B/s, 4 s left\naction-finished\n',
    });
    display[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('on a terminal: bars that are drawn over, and nothing of them in the end', () => {
    const { display, told } = shown(true);
    display.emit(event(begun));
    display.emit(event(half));
    vi.advanceTimersByTime(100);
    const bar = '  [############............] domain/a backup 512 B of 1 KiB (50 %)\n';
    const empty = '  [........................] domain/a backup, 0 s\n';
    const up = '\u001B[1F\u001B[J';
    expect(told.err).toBe(`action-started\n${empty}${up}${bar}`);
    display.emit(event(done));
    expect(told.err).toBe(`action-started\n${empty}${up}${bar}${up}action-finished\n`);
    display[Symbol.dispose]();
  });

  it('with a signal on a line of its own, the bars below it', () => {
    const { display, told } = shown(true);
    display.saySignal('stopping');
    expect(told.err).toBe('\nstopping\n');
    display.emit(event(begun));
    told.err = '';
    display.saySignal('stopping');
    const empty = '  [........................] domain/a backup, 0 s\n';
    expect(told.err).toBe(`\u001B[1F\u001B[Jstopping\n${empty}`);
    display[Symbol.dispose]();
    const log = shown(false);
    log.display.saySignal('stopping');
    expect(log.told.err).toBe('stopping\n');
    log.display[Symbol.dispose]();
  });

  it('as JSON: events on standard output, and nothing else', () => {
    const { display, told } = shown(true, { json: true });
    display.emit(event(begun));
    display.emit(event(half));
    vi.advanceTimersByTime(20_000);
    expect(told.err).toBe('');
    expect(
      told.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as RunEvent),
    ).toMatchObject([{ kind: 'action-started' }, { kind: 'progress', doneBytes: 512 }]);
  });

  it('quietly: failures only', () => {
    const { display, told } = shown(true, { quiet: true });
    display.emit(event(begun));
    display.emit(event(done));
    vi.advanceTimersByTime(20_000);
    expect(told).toEqual({ out: '', err: '' });
    display.emit(event(failed));
    expect(told.err).toBe('action-finished\n');
  });
});

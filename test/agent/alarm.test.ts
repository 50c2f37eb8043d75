import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runLoop, type LoopParts, type RoundEnd } from '../../src/agent/agent.ts';
import { Alarm, type Wake } from '../../src/agent/alarm.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-22T10:00:00.000Z') }));
afterEach(() => void vi.useRealTimers());

const idle: RoundEnd = { wakeAt: null, isWorkLeft: false, retrySeconds: null };

type Options = Partial<LoopParts> & {
  readonly takesSeconds?: number;
  readonly next?: (round: number) => RoundEnd;
};

/** A loop whose rounds are noted: the time since the start in seconds, and why. */
class Loop {
  readonly rounds: (readonly [number, string])[] = [];
  readonly alarm = new Alarm();
  readonly #stop = new AbortController();
  readonly #begun = Date.now();
  readonly ended: Promise<void>;
  readonly #takesSeconds: number;
  readonly #next: (round: number) => RoundEnd;

  constructor({ takesSeconds = 0, next = () => idle, ...parts }: Options = {}) {
    this.#takesSeconds = takesSeconds;
    this.#next = next;
    this.ended = runLoop(
      {
        now: Date.now,
        random: () => 0.5,
        intervalSeconds: () => 300,
        round: async (wakes) => this.#round(wakes),
        waits: () => {},
        ...parts,
      },
      this.alarm,
      this.#stop.signal,
    );
  }

  async #round(wakes: readonly Wake[]): Promise<RoundEnd> {
    this.rounds.push([
      Math.round((Date.now() - this.#begun) / 1000),
      wakes.map(({ why, detail }) => (detail === null ? why : `${why} ${detail}`)).join(', '),
    ]);
    if (this.#takesSeconds > 0) {
      await new Promise((resolve) => {
        setTimeout(resolve, this.#takesSeconds * 1000);
      });
    }
    return this.#next(this.rounds.length);
  }

  async pass(seconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(seconds * 1000);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

describe('the loop', () => {
  it('looks at once, and then at its interval', async () => {
    const loop = new Loop();
    await loop.pass(899);
    expect(loop.rounds).toEqual([
      [0, 'start'],
      [300, 'interval'],
      [600, 'interval'],
    ]);
    await loop.stop();
  });

  it('has an interval of a tenth more or less', async () => {
    const least = new Loop({ random: () => 0 });
    const most = new Loop({ random: () => 1 });
    await least.pass(400);
    expect([least.rounds[1]?.[0], most.rounds[1]?.[0]]).toEqual([270, 330]);
    await least.stop();
    await most.stop();
  });

  it('is there when something is due, also where that is before the interval', async () => {
    const ends = [{ ...idle, wakeAt: '2026-11-22T10:01:00.000Z' }];
    const later = { ...idle, wakeAt: '2026-11-22T12:00:00.000Z' };
    const loop = new Loop({ next: (round) => ends[round - 1] ?? later });
    await loop.pass(200);
    expect(loop.rounds).toEqual([
      [0, 'start'],
      [60, 'due'],
    ]);
    await loop.stop();
  });

  it('takes any number of wake-ups for one look, a second after the first', async () => {
    const loop = new Loop();
    await loop.pass(10);
    for (let count = 0; count < 500; count += 1) {
      loop.alarm.ring({ why: 'libvirt', detail: `domain/d${count} Defined Added` });
      if (count % 100 === 99) await loop.pass(0.1);
    }
    loop.alarm.ring({ why: 'policy', detail: '/p' });
    await loop.pass(0.4);
    expect(loop.rounds).toHaveLength(1);
    await loop.pass(10);
    expect(loop.rounds.slice(1)).toEqual([[11, 'libvirt domain/d499 Defined Added, policy /p']]);
    await loop.stop();
  });

  it('is not put off by events that never stop', async () => {
    const loop = new Loop();
    for (let count = 0; count < 100; count += 1) {
      loop.alarm.ring({ why: 'libvirt', detail: null });
      await loop.pass(0.1);
    }
    expect(loop.rounds.length).toBeGreaterThan(8);
    await loop.stop();
  });

  it('looks again for what happened while it looked', async () => {
    const loop = new Loop({ takesSeconds: 60 });
    await loop.pass(30);
    loop.alarm.ring({ why: 'hangup', detail: null });
    await loop.pass(100);
    expect(loop.rounds).toEqual([
      [0, 'start'],
      [61, 'hangup'],
    ]);
    await loop.stop();
  });

  it('forgets what the closing look has seen', async () => {
    const loop = new Loop({ takesSeconds: 60 });
    await loop.pass(30);
    loop.alarm.ring({ why: 'libvirt', detail: null });
    loop.alarm.forget('libvirt');
    await loop.pass(200);
    expect(loop.rounds).toHaveLength(1);
    await loop.stop();
  });

  it('goes on at once with what came up during a run, and soon where another run has the lock', async () => {
    const ends = [
      { ...idle, isWorkLeft: true },
      { ...idle, retrySeconds: 60 },
    ];
    const loop = new Loop({ next: (round) => ends[round - 1] ?? idle });
    await loop.pass(200);
    expect(loop.rounds).toEqual([
      [0, 'start'],
      [1, 'work-left'],
      [61, 'locked'],
    ]);
    await loop.stop();
  });

  it('ends while it waits, and after the round in which it is told to', async () => {
    const waiting = new Loop();
    await waiting.pass(10);
    await waiting.stop();
    const working = new Loop({ takesSeconds: 60 });
    await working.pass(10);
    const stopped = working.stop();
    await working.pass(60);
    await stopped;
    expect([waiting.rounds, working.rounds]).toEqual([[[0, 'start']], [[0, 'start']]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaks nothing in a month', async () => {
    const loop = new Loop();
    await loop.pass(3600);
    const timers = vi.getTimerCount();
    for (let hour = 0; hour < 24 * 30; hour += 1) {
      loop.alarm.ring({ why: 'libvirt', detail: `hour ${hour}` });
      await loop.pass(3600);
      loop.rounds.length = 0;
    }
    expect(vi.getTimerCount()).toBe(timers);
    await loop.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

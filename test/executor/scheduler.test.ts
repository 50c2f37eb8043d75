import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { schedule } from '../../src/executor/scheduler.ts';
import type { Action } from '../../src/model/action.ts';
import type { Outcome } from '../../src/model/event.ts';
import { domainUuid, runId, storeId } from '../../src/model/identity.ts';

type Sketch = readonly [
  id: string,
  wave: Action['wave'],
  domain: number,
  dependsOn?: readonly string[],
];

/** An action of which only what the scheduler looks at matters; `b…` are backups, `purge…` purges, `store…` has no domain, `nas…` is done at a mirror, `slow…` at one with a bandwidth. */
function actionOf([id, wave, domain, dependsOn = []]: Sketch): Action {
  const base = {
    id,
    wave,
    address: id,
    dependsOn,
    reasons: [],
    place: null,
    blockedBy: [],
    bytes: null,
  };
  const store = { name: domain > 5 ? 'slow' : 'main', path: '/s', id: storeId('a'.repeat(32)) };
  if (id.startsWith('store')) return { ...base, kind: 'create-store', store };
  const uuid = domainUuid(`00000000-0000-4000-8000-${String(domain).padStart(12, '0')}`);
  const run = runId('20261122T020000Z-00000001');
  const repair = { ...base, kind: 'thaw-domain', domain: { uuid, name: id }, run } as const;
  const [, mirror] = /^(nas|slow)/.exec(id) ?? [];
  if (mirror !== undefined) {
    const bandwidthBytesPerSecond = mirror === 'slow' ? 1 : null;
    const kind = wave === 90 ? 'hide-copies' : wave === 50 ? 'verify-copies' : 'copy-points';
    return {
      ...repair,
      kind,
      mirror: { name: mirror, bandwidthBytesPerSecond },
    } as unknown as Action;
  }
  if (id.startsWith('purge')) {
    return { ...repair, kind: 'purge-trash', store } as unknown as Action;
  }
  // The rest of a backup is of no concern here.
  return id.startsWith('b') ? ({ ...repair, kind: 'backup', store } as unknown as Action) : repair;
}

interface Story {
  readonly outcomes: Readonly<Record<string, string>>;
  readonly order: readonly string[];
  readonly mostAtOnce: number;
}

async function play(
  sketches: readonly Sketch[],
  how: {
    readonly failing?: readonly string[];
    readonly parallelism?: number;
    readonly abortAfter?: string;
    readonly settled?: ReadonlyMap<string, Outcome>;
  } = {},
): Promise<Story> {
  const order: string[] = [];
  const stop = new AbortController();
  let running = 0;
  let mostAtOnce = 0;
  const outcomes = await schedule({
    actions: sketches.map(actionOf),
    settled: how.settled ?? new Map(),
    parallelism: how.parallelism ?? 4,
    jobs: (store) => (store === 'slow' ? 1 : 3),
    skip: ({ id }, because) => order.push(`${id} skipped (${because})`),
    signal: stop.signal,
    async perform({ id }) {
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      order.push(`${id} begins`);
      await tick();
      running -= 1;
      order.push(`${id} ends`);
      if (how.abortAfter === id) stop.abort();
      return how.failing?.includes(id) === true
        ? { code: 'failed', failure: { code: 'x', message: 'x' } }
        : { code: 'done', bytes: null, seconds: 0 };
    },
  });
  return {
    outcomes: Object.fromEntries([...outcomes].map(([id, outcome]) => [id, outcome.code])),
    order,
    mostAtOnce,
  };
}

describe('schedule', () => {
  it('does waves one after the other, whatever the order of the plan', async () => {
    const { order } = await play([
      ['d1', 90, 3],
      ['b1', 20, 2],
      ['r1', 10, 1],
    ]);
    expect(order).toEqual(['r1 begins', 'r1 ends', 'b1 begins', 'b1 ends', 'd1 begins', 'd1 ends']);
  });

  it('does domains side by side, and one domain one step at a time', async () => {
    const { order, mostAtOnce } = await play([
      ['b1', 20, 1],
      ['b1again', 20, 1],
      ['b2', 20, 2],
    ]);
    expect(mostAtOnce).toBe(2);
    expect(order.indexOf('b1again begins')).toBeGreaterThan(order.indexOf('b1 ends'));
    expect(order.indexOf('b2 begins')).toBeLessThan(order.indexOf('b1 ends'));
  });

  it('ends in a fault only when all that was begun has ended', async () => {
    const order: string[] = [];
    const played = schedule({
      actions: [actionOf(['b1', 20, 1]), actionOf(['b2', 20, 2, ['gone']])],
      settled: new Map(),
      parallelism: 4,
      jobs: () => 3,
      skip: () => {
        throw new Error('no journal');
      },
      signal: new AbortController().signal,
      async perform({ id }) {
        order.push(`${id} begins`);
        await tick();
        order.push(`${id} ends`);
        // Nobody is left to hear of this one: the first is what is told.
        throw new Error('another');
      },
    });
    await expect(played).rejects.toThrow('no journal');
    expect(order).toEqual(['b1 begins', 'b1 ends']);
  });

  it('keeps to the parallelism and to the limit of each store', async () => {
    const many = [1, 2, 3, 4].map((n): Sketch => [`b${n}`, 20, n]);
    expect((await play(many, { parallelism: 2 })).mostAtOnce).toBe(2);
    expect((await play(many)).mostAtOnce).toBe(3);
    const slow = [6, 7, 8].map((n): Sketch => [`b${n}`, 20, n]);
    expect((await play(slow)).mostAtOnce).toBe(1);
  });

  it('skips those that depend on a failed action, and nobody else', async () => {
    const { outcomes } = await play(
      [
        ['store1', 10, 0],
        ['b1', 20, 1, ['store1']],
        ['m1', 30, 1, ['b1']],
        ['b2', 20, 2],
      ],
      { failing: ['store1'] },
    );
    expect(outcomes).toEqual({ store1: 'failed', b1: 'skipped', m1: 'skipped', b2: 'done' });
  });

  it('lets go on what depends on an action that was done already', async () => {
    const { outcomes } = await play(
      [
        ['b2', 20, 2, ['b1']],
        ['b1', 20, 1],
      ],
      {
        settled: new Map([['b1', { code: 'already' }]]),
      },
    );
    expect(outcomes).toEqual({ b1: 'already', b2: 'done' });
  });

  it('takes a stale action for a failed one', async () => {
    const failure = { code: 'x', message: 'x' };
    const { outcomes } = await play(
      [
        ['b1', 20, 1],
        ['m1', 30, 1, ['b1']],
      ],
      {
        settled: new Map([['b1', { code: 'stale', failure }]]),
      },
    );
    expect(outcomes).toEqual({ b1: 'stale', m1: 'skipped' });
  });

  it('skips what depends on an action that a guard blocks', async () => {
    const { order } = await play([['b1', 20, 1, ['blocked']]]);
    expect(order).toEqual(['b1 skipped (blocked)']);
  });

  it('stops at a purge that was to make room what needs it, and all deletions', async () => {
    const actions: Sketch[] = [
      ['purge1', 20, 9],
      ['purge2', 20, 9, ['purge1']],
      ['b1', 20, 1],
      ['b2', 20, 2, ['purge2']],
      ['d3', 90, 3],
    ];
    const { order } = await play(actions);
    expect(order.indexOf('b2 begins')).toBeGreaterThan(order.indexOf('purge2 ends'));
    expect(order.indexOf('b1 begins')).toBeLessThan(order.indexOf('purge1 ends'));
    expect((await play(actions, { failing: ['purge1'] })).outcomes).toEqual({
      purge1: 'failed',
      purge2: 'skipped',
      b1: 'done',
      b2: 'skipped',
      d3: 'skipped',
    });
  });

  it('does deletions one at a time, and stops them all when one fails (I8)', async () => {
    const deletions = [1, 2, 3].map((n): Sketch => [`d${n}`, 90, n]);
    expect((await play(deletions)).mostAtOnce).toBe(1);
    const { outcomes, order } = await play(deletions, { failing: ['d2'] });
    expect(outcomes).toEqual({ d1: 'done', d2: 'failed', d3: 'skipped' });
    expect(order.at(-1)).toBe('d3 skipped (d2)');
  });

  it('deletes nothing of a domain whose backup did not come (G208)', async () => {
    const { outcomes } = await play(
      [
        ['b1', 20, 1],
        ['b2', 20, 2],
        ['d1', 90, 1],
        ['d2', 90, 2],
      ],
      { failing: ['b1'] },
    );
    expect(outcomes).toEqual({ b1: 'failed', b2: 'done', d1: 'skipped', d2: 'done' });
  });

  it('purges nothing of a domain whose copies a check found damaged, but what makes room (I9)', async () => {
    const actions: Sketch[] = [
      ['purge0', 20, 1],
      ['b1', 20, 1, ['purge0']],
      ['nas1', 50, 1],
      ['purge1', 90, 1],
      ['purge2', 90, 2],
    ];
    const { outcomes } = await play(actions, { failing: ['nas1'] });
    const others = { purge0: 'done', b1: 'done', purge2: 'done' };
    expect(outcomes).toEqual({ ...others, nas1: 'failed', purge1: 'skipped' });
  });

  it('takes each mirror for a world of its own (I9)', async () => {
    const copies = [1, 2, 3].flatMap((n): Sketch[] => [
      [`nas${n}`, 30, n],
      [`slow${n}`, 30, n],
    ]);
    // Two at a time to the one, and beside them one to that with a bandwidth.
    expect((await play(copies, { parallelism: 2 })).mostAtOnce).toBe(3);
    const deletions: Sketch[] = [
      ['nas1', 90, 1],
      ['nas2', 90, 2],
      ['slow1', 90, 1],
      ['slow2', 90, 2],
      ['d1', 90, 1],
      ['d2', 90, 2],
    ];
    const away = await play(deletions, { failing: ['nas1'] });
    const fine = { slow1: 'done', slow2: 'done', d1: 'done', d2: 'done' };
    expect(away.outcomes).toEqual({ nas1: 'failed', nas2: 'skipped', ...fine });
    // What fails here stops what has not begun, wherever: nobody knows what else is wrong.
    const more: Sketch[] = [...deletions, ['nas3', 90, 3]];
    const broken = await play(more, { failing: ['d1'] });
    expect(broken.outcomes).toMatchObject({ d1: 'failed', d2: 'skipped', nas3: 'skipped' });
  });

  it('begins nothing after a signal', async () => {
    const { outcomes, order } = await play(
      [
        ['b1', 20, 1],
        ['b2', 20, 1],
        ['d1', 90, 3],
      ],
      { abortAfter: 'b1' },
    );
    expect(outcomes).toEqual({ b1: 'done', b2: 'skipped', d1: 'skipped' });
    expect(order.slice(2)).toEqual(['b2 skipped (interrupted)', 'd1 skipped (interrupted)']);
  });

  it('ends when actions wait for each other', async () => {
    const { outcomes } = await play([
      ['b1', 20, 1, ['b2']],
      ['b2', 20, 2, ['b1']],
    ]);
    expect(outcomes).toEqual({ b1: 'skipped', b2: 'skipped' });
  });

  it('ends when an action waits for one of a later wave', async () => {
    const { outcomes } = await play([
      ['b1', 20, 1, ['d1']],
      ['d1', 90, 2],
    ]);
    expect(outcomes).toEqual({ b1: 'skipped', d1: 'done' });
  });
});

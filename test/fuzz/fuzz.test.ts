import { describe, expect, it } from 'vitest';
import { Coverage } from './coverage.ts';
import { fuzzTimes, keptInputs } from './fuzz.ts';
import { faultOf } from './run-input.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';

// The share of every test run: the same inputs each time. `fuzzFor` goes on with others.
const runs = 150;
const slowRuns = 8;

describe.each(targets)('$name', (target) => {
  it('survives what once broke it', async () => {
    for (const input of keptInputs(target.name)) expect(await faultOf(target, input)).toBe(null);
  });

  it('survives a fixed share of mutated inputs', { timeout: 120_000 }, async () => {
    const share = target.slow === true ? slowRuns : runs;
    const { runs: done, failures } = await fuzzTimes(target, share, 1);
    expect(failures.map(({ input, error }) => [error.message, input.toString()])).toEqual([]);
    expect(done).toBeGreaterThanOrEqual(share);
  });
});

const broken = (run: Target['run']): Target => ({
  name: 'broken',
  seeds: () => [Buffer.from('{"a":[1,2,3]}')],
  words: ['bug'],
  run,
});

describe('the fuzzer', () => {
  it('finds a throw, and tells one kind of it once', async () => {
    const target = broken((input) => {
      if (input.includes('bug')) throw new TypeError(`bug in ${input.length} bytes`);
    });
    const { failures } = await fuzzTimes(target, 2000, 1);
    expect(failures.map(({ error }) => error.message.slice(0, 6))).toEqual(['bug in']);
  });

  it('finds an answer that is not awaited by anybody else', async () => {
    const target = broken(async (input) => {
      if (input.includes('bug')) throw new Error('later');
    });
    expect((await fuzzTimes(target, 2000, 1)).failures.map(({ error }) => error.message)).toEqual([
      'later',
    ]);
  });

  it('gives the same inputs for the same seed', async () => {
    const tried: string[][] = [[], [], []];
    for (const [index, seed] of [7, 7, 8].entries()) {
      const target = broken((input) => void tried[index]?.push(input.toString('hex')));
      await fuzzTimes(target, 200, seed);
    }
    expect(tried[0]).toEqual(tried[1]);
    expect(tried[0]).not.toEqual(tried[2]);
    expect(new Set(tried[0]).size).toBeGreaterThan(100);
  });

  it('sees which code an input ran', async () => {
    const cron = targets.find(({ name }) => name === 'cron');
    if (cron === undefined) throw new Error('no target for cron');
    await using coverage = await Coverage.start();
    await faultOf(cron, Buffer.from('0 2 * * *'));
    coverage.learn(await coverage.take());
    await faultOf(cron, Buffer.from('0 2 * * *'));
    const same = coverage.fresh(await coverage.take());
    await faultOf(cron, Buffer.from('@reboot'));
    expect(coverage.fresh(await coverage.take())).toBeGreaterThan(same);
  });
});

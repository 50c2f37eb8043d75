import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CronWakes } from '../../src/agent/cron-wakes.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-22T10:00:00.000Z') }));
afterEach(() => void vi.useRealTimers());

const nightly = { name: 'nightly', cron: '0 2 * * *', timezone: 'Europe/Berlin', jitterSeconds: 0 };
const hourly = { name: 'hourly', cron: '15 * * * *', timezone: 'UTC', jitterSeconds: 60 };

it('wakes at the slots of the schedules that are set, each once', async () => {
  const woken: string[] = [];
  using cron = new CronWakes((name) => woken.push(`${new Date().toISOString()} ${name}`));
  cron.set([nightly, hourly, hourly]);
  await vi.advanceTimersByTimeAsync(2 * 3600_000);
  expect(woken).toEqual(['2026-11-22T10:15:00.000Z hourly', '2026-11-22T11:15:00.000Z hourly']);
  cron.set([nightly]);
  woken.length = 0;
  await vi.advanceTimersByTimeAsync(24 * 3600_000);
  expect(woken).toEqual(['2026-11-23T01:00:00.000Z nightly']);
});

it('keeps no timer of a schedule that is gone, and none that only our own grammar knows', async () => {
  {
    using cron = new CronWakes(() => {});
    for (let count = 0; count < 100; count += 1)
      cron.set([{ ...nightly, cron: `${count % 60} 2 * * *` }]);
    expect(cron.size).toBe(1);
    cron.set([{ ...nightly, cron: 'every so often' }]);
    expect(cron.size).toBe(0);
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../src/process/run.ts';
import { keptRuns } from '../../src/store/journal-file.ts';
import type { SoakDay, SoakTold } from './soak-told.ts';

// A month of 30 days: a round each 5 minutes, a tenth more or less, as the defaults have it, so 8,640 of them and
// never less than 86,400 / 330 a day; and one at each due instant and each event in between. Then days that leak.
const clean = 30;
const leaky = 3;
const fewestADay = 86_400 / 330;

// Of an agent of 84 MiB this is a hundredth in ten days, and less than a third of a kilobyte a round: what it
// takes to remember one line. The heaps of the evenings differ by less than half of it.
const growthBytes = 1024 ** 2;

let dir = '';
let told: SoakTold;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hf-soak-'));
  const file = join(dir, 'soak.mjs');
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'soak-child.ts'),
    platform: 'node',
    transform: { target: 'es2023' },
    onLog: () => {},
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  const args = ['--expose-gc', file, String(clean), String(leaky)];
  const ran = await run({ program: process.execPath, args, timeoutSeconds: 1200 });
  if (!ran.ok) throw new Error(JSON.stringify(ran.error));
  told = JSON.parse(ran.value.stdout) as SoakTold;
}, 1_260_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const inMonth = (): readonly SoakDay[] => told.days.slice(0, clean);
const middleThird = (): readonly SoakDay[] => told.days.slice(10, 20);
const lastThird = (): readonly SoakDay[] => told.days.slice(20, clean);
const daysOfLeak = (): readonly SoakDay[] => told.days.slice(clean);

const most = (days: readonly SoakDay[], of: (day: SoakDay) => number): number =>
  Math.max(...days.map(of));

function medianHeap(days: readonly SoakDay[]): number {
  const sorted = days.map(({ heapBytes }) => heapBytes).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

it('in a month each round that was due happens, and does what it is for', () => {
  expect(told.days).toHaveLength(clean + leaky);
  const rounds = told.days[clean - 1]?.rounds ?? 0;
  expect(rounds).toBeGreaterThan(clean * fewestADay);
  // The interval at its longest, and a run of some seconds before it.
  expect(told.longestGapSeconds).toBeLessThan(345);
  expect(told.missedWakes).toEqual([]);
  expect(Object.keys(told.wakes).toSorted()).toEqual([
    'due',
    'interval',
    'libvirt',
    'start',
    'work-left',
  ]);
  // A point every eight hours, copies once a day, and what came a day before goes.
  expect(told.done['backup']).toBeGreaterThanOrEqual(3 * (clean + leaky));
  for (const kind of ['copy-points', 'trash-chain', 'purge-trash', 'hide-copies', 'purge-copies'])
    expect(told.done[kind], kind).toBeGreaterThan(clean / 2);
  expect(told.done['verify-copies']).toBeGreaterThan(clean / 4);
  expect(told.notDone).toEqual([]);
});

it('nothing accumulates in the process', () => {
  expect(medianHeap(lastThird()) - medianHeap(middleThird())).toBeLessThan(growthBytes);
  expect(most(inMonth(), ({ listeners }) => listeners)).toBe(0);
  expect(most(inMonth(), ({ timers }) => timers)).toBe(0);
  const [first] = inMonth();
  for (const { resources } of inMonth()) expect(resources).toEqual(first?.resources);
  expect(most(inMonth(), ({ warnings }) => warnings)).toBe(0);
});

it('the state directory and the journals stay as large as they are', () => {
  // From the second day on as many journals are there as are kept.
  for (const { hostJournals, storeJournals, knownEnds } of inMonth().slice(1)) {
    expect(hostJournals).toBe(keptRuns);
    expect(storeJournals).toBe(keptRuns);
    expect(knownEnds).toBeLessThanOrEqual(keptRuns);
  }
  const [middle, last] = [middleThird(), lastThird()];
  expect(most(last, (day) => day.stateFiles)).toBeLessThanOrEqual(
    most(middle, (day) => day.stateFiles),
  );
  expect(most(last, (day) => day.stateBytes)).toBeLessThan(
    1.05 * most(middle, (day) => day.stateBytes),
  );
});

it('an agent that keeps each plan, or a timer and a listener of each round, is noticed', () => {
  expect(medianHeap(daysOfLeak()) - medianHeap(lastThird())).toBeGreaterThan(growthBytes);
  for (const { listeners, timers } of daysOfLeak()) {
    expect(listeners).toBeGreaterThan(fewestADay);
    expect(timers).toBeGreaterThan(fewestADay);
  }
  expect(told.warnings.join()).toContain('MaxListenersExceededWarning');
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Amount } from '../../src/model/desired.ts';
import { addSeconds, secondsBetween } from '../../src/model/instant.ts';
import type { ReadyStore, SpaceSample } from '../../src/model/observed-store.ts';
import type { SpaceForecast } from '../../src/model/status-report.ts';
import { forecastOf, spaceSamples } from '../../src/planner/forecast.ts';
import { day, desiredState, gib, now } from './build-policy.ts';
import { memoryFor, readyStore } from './build.ts';

const totalGib = 1000;
const reserve: Amount = { kind: 'percent', percent: 10 };

/** A store with so much in use now, and these looks before, in GiB by days ago. */
function storeWith(usedGib: number, before: readonly (readonly [number, number])[]): ReadyStore {
  const ready = readyStore([], { freeBytes: (totalGib - usedGib) * gib });
  const space = before
    .map(([daysAgo, used]): SpaceSample => ({
      at: addSeconds(now, -daysAgo * day),
      usedBytes: used * gib,
    }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1));
  return { ...ready, memory: memoryFor(desiredState([]), ready, { space }) };
}

const forecast = (store: ReadyStore): SpaceForecast | null => forecastOf(store, { reserve }, now);

/** Looks of a store that grew evenly. */
const even = (days: number, growth: number, usedGib: number) =>
  Array.from(
    { length: days },
    (_none, index) => [index + 1, usedGib - (index + 1) * growth] as const,
  );

const inDays = ({ fillsAt }: SpaceForecast): number | null =>
  fillsAt === null ? null : secondsBetween(now, fillsAt) / day;

describe('the day on which a store is full', () => {
  it('is where the line meets the reserve', () => {
    const found = forecast(storeWith(500, even(20, 40, 500)));
    expect(found).toEqual({
      sinceAt: addSeconds(now, -20 * day),
      looks: 21,
      bytesPerDay: 40 * gib,
      fillsAt: addSeconds(now, 10 * day),
    });
  });

  it('is not told from less than three days, nor of another disk', () => {
    expect(forecast(storeWith(500, even(2, 40, 500)))).toBeNull();
    expect(forecast(storeWith(500, even(3, 40, 500)))).not.toBeNull();
    const store = storeWith(500, even(20, 40, 500));
    expect(forecast({ ...store, mount: { device: 9, source: '/dev/other' } })).toBeNull();
    expect(forecast({ ...store, memory: null })).toBeNull();
  });

  it('is now where the reserve is reached, and not within a year where nothing grows', () => {
    expect(forecast(storeWith(905, even(5, 0, 905)))?.fillsAt).toBe(now);
    expect(forecast(storeWith(500, even(5, 0, 500)))).toMatchObject({
      bytesPerDay: 0,
      fillsAt: null,
    });
    expect(forecast(storeWith(500, even(5, -3, 500)))).toMatchObject({ fillsAt: null });
    expect(forecast(storeWith(500, even(5, 1, 500)))?.fillsAt).toBeNull();
  });

  it('follows no clock that was ahead: later looks count for nothing', () => {
    const looks = even(20, 40, 500);
    expect(forecast(storeWith(500, [...looks, [-3, 990]]))).toEqual(
      forecast(storeWith(500, looks)),
    );
  });
});

describe('laws of the forecast', () => {
  const growth = fc.integer({ min: 1, max: 50 });
  const days = fc.integer({ min: 6, max: 60 });

  it('growth that is even is told exactly, whatever was there before it', () => {
    fc.assert(
      fc.property(growth, days, fc.integer({ min: 100, max: 890 }), (grows, count, used) => {
        const found = forecast(storeWith(used, even(count, grows, used)));
        expect(found?.bytesPerDay).toBe(grows * gib);
        const left = (900 - used) / grows;
        expect(found === null ? null : inDays(found)).toEqual(
          left > 365 ? null : expect.closeTo(left, 4),
        );
      }),
    );
  });

  it('one day that is not like the others changes nothing', () => {
    fc.assert(
      fc.property(
        growth,
        days,
        fc.nat(),
        fc.integer({ min: -500, max: 500 }),
        (grows, count, which, off) => {
          const looks = even(count, grows, 500);
          const bent = looks.map(([ago, used], index) =>
            index === which % looks.length ? ([ago, used + off] as const) : ([ago, used] as const),
          );
          expect(forecast(storeWith(500, bent))?.bytesPerDay).toBe(grows * gib);
        },
      ),
    );
  });

  it('more room never brings the day nearer', () => {
    const used = fc.array(fc.integer({ min: 0, max: 800 }), { minLength: 4, maxLength: 30 });
    fc.assert(
      fc.property(used, fc.integer({ min: 0, max: 95 }), (before, percent) => {
        const looks = before.map((one, index) => [index + 1, one] as const);
        const store = storeWith(500, looks);
        const day1 = forecastOf(store, { reserve: { kind: 'percent', percent } }, now);
        const day2 = forecastOf(store, { reserve: { kind: 'percent', percent: 0 } }, now);
        expect(day1).not.toBeNull();
        const [soon, late] = [day1?.fillsAt ?? 'never', day2?.fillsAt ?? 'never'];
        // Instants begin with a digit, and so come before the word.
        expect(soon <= late).toBe(true);
      }),
    );
  });

  it('a store that rotates evenly is never full', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), growth, (period, grows) => {
        const at = (index: number): number => 300 + (index % period) * grows;
        const looks = Array.from(
          { length: 60 },
          (_none, index) => [60 - index, at(index)] as const,
        );
        const found = forecast(storeWith(at(60), looks));
        expect(Math.abs(found?.bytesPerDay ?? Number.NaN)).toBeLessThan(grows * gib);
      }),
    );
  });
});

describe('looks', () => {
  const first = storeWith(500, even(70, 1, 500));

  it('are one a day, the newest sixty', () => {
    const kept = spaceSamples(first, now);
    expect(kept).toHaveLength(60);
    expect(kept.at(-1)).toEqual({ at: now, usedBytes: 500 * gib });
    const again = { ...first, memory: { ...memoryFor(desiredState([]), first), space: kept } };
    expect(spaceSamples(again, addSeconds(now, 3600))).toEqual(kept);
    expect(spaceSamples(again, addSeconds(now, day))).toHaveLength(60);
  });

  it('begin anew on another disk', () => {
    const moved = { ...first, mount: { device: 9, source: '/dev/other' } };
    expect(spaceSamples(moved, now)).toEqual([{ at: now, usedBytes: 500 * gib }]);
  });
});

import type { SimulatedDay } from '../model/simulation.ts';

/** A mark of an axis of values. */
export interface Tick {
  readonly value: number;
  readonly label: string;
  /** The unit of the label, and how much one of it is. */
  readonly unit: string;
  readonly size: number;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Four to six marks from 0 up to what holds the greatest value, at round numbers of one binary unit. */
export function binaryTicks(most: number): readonly Tick[] {
  let [size, unit] = [1, 0];
  while (unit < units.length - 1 && most / size >= 1024) {
    size *= 1024;
    unit += 1;
  }
  return ticks(most / size, 0, size, units[unit] ?? '');
}

/** The same of whole numbers. */
export function countTicks(most: number): readonly Tick[] {
  return ticks(most, 1, 1, '');
}

function ticks(most: number, least: number, size: number, unit: string): readonly Tick[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(least, ([1, 2, 5].find((one) => one * power >= rough) ?? 10) * power);
  const count = Math.ceil(most / step);
  return Array.from({ length: count + 1 }, (_none, index) => {
    const shown = Number((index * step).toPrecision(6));
    return { value: index * step * size, label: `${shown} ${unit}`.trim(), unit, size };
  });
}

/** Where a date is written below the days, at most a dozen: days, months, or years. */
export function dateTicks(
  days: readonly SimulatedDay[],
): readonly { readonly index: number; readonly label: string }[] {
  const isShort = days.length <= 62;
  const isMiddle = days.length <= 1500;
  const marks = days.flatMap(({ date }, index) => {
    if (isShort) return [{ index, label: date.slice(5) }];
    if (isMiddle) return date.endsWith('-01') ? [{ index, label: date.slice(0, 7) }] : [];
    return date.endsWith('-01-01') ? [{ index, label: date.slice(0, 4) }] : [];
  });
  const every = Math.ceil(marks.length / 12);
  return marks.filter((_mark, index) => index % every === 0);
}

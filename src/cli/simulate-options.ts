import { InvalidArgumentError } from 'commander';
import { sizeBytes } from '../policy/quantity.ts';

/** The options of `simulate`, as they were given. */
export interface SimulateOptions {
  /** Days. */
  readonly for: number;
  readonly from?: 'observed' | 'nothing';
  readonly observed?: string;
  readonly start?: string;
  /** Shares: 0.02 is 2 %. */
  readonly change?: number;
  readonly growth: number;
  /** Bytes. */
  readonly disk: number;
  readonly count: number;
  readonly compare?: string;
  readonly everyDay?: boolean;
  readonly svg?: string;
}

/** A disk of which nothing is known; said in the output, and easily replaced. */
export const defaultDiskBytes = 20 * 1024 ** 3;

// A schedule is steady enough for a guess over some years; more is a mistyped number.
const mostDays = 50 * 366;

const daysOf: Readonly<Record<string, number>> = { d: 1, w: 7, y: 365 };

/** Reads a span of the command line, `365d`, `52w`, `10y`, as days; a year has 365 of them. */
export function readDays(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([dwy])$/.exec(text) ?? [];
  const days = Number(count) * (daysOf[unit] ?? 0);
  if (days < 1 || days > mostDays)
    throw new InvalidArgumentError(
      'Write days, weeks or years, as in 90d, 52w or 10y; at most 50y.',
    );
  return days;
}

/** Reads `2%` or `0.5%` of the command line as a share. */
export function readShare(text: string): number {
  const [, number] = /^(\d{1,4}(?:\.\d{1,4})?)%$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('Write per cent, as in 2% or 0.5%.');
  return Number(number) / 100;
}

/** Reads a size of the command line, `20GiB`, in bytes. */
export function readSize(text: string): number {
  const isSize = /^\d{1,9}(?:\.\d{1,3})? ?(?:[KMGT]i?)?B$/.test(text);
  const bytes = isSize ? sizeBytes(text) : 0;
  if (bytes < 1 || bytes > Number.MAX_SAFE_INTEGER / 1024)
    throw new InvalidArgumentError('Write a size, as in 20GiB or 500MB.');
  return bytes;
}

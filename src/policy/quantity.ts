import type { Amount } from '../model/desired.ts';

const unitSeconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

const thousands = 'KMGT';

/** Seconds of `90m`, `72h`, `14d`. The schema has checked the form; another is our own mistake. */
export function durationSeconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smhdw])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit];
  if (seconds === undefined) throw new Error(`Not a duration: ${text}`);
  return Number(count) * seconds;
}

/** Bytes of `48GiB` or `500MB`: with an i powers of 1024, without powers of 1000. */
export function sizeBytes(text: string): number {
  const [, count, prefix = '', binary] = /^([\d.]+) ?(?:([KMGT])(i)?)?B$/.exec(text) ?? [];
  if (count === undefined) throw new Error(`Not a size: ${text}`);
  const base = binary === 'i' ? 1024 : 1000;
  return Math.round(Number(count) * base ** (prefix === '' ? 0 : thousands.indexOf(prefix) + 1));
}

/** Bytes a second of `50MiB/s`. */
export function rateBytesPerSecond(text: string): number {
  return sizeBytes(text.replace(/\/s$/, ''));
}

/** `10%` of a file system, or a size. */
export function amountOf(text: string): Amount {
  const [, percent] = /^(\d{1,2})%$/.exec(text) ?? [];
  return percent === undefined
    ? { kind: 'bytes', bytes: sizeBytes(text) }
    : { kind: 'percent', percent: Number(percent) };
}

import { civilDateOf, dayMilliseconds } from './calendar.ts';

/**
 * Keys of the calendar buckets that an instant falls into, in a zone. Equal
 * keys mean the same bucket, and later buckets have greater keys.
 */
export interface Buckets {
  /** The instant at which the local hour began: an hour that autumn repeats is two buckets. */
  readonly hour: number;
  /** Days since 1970. */
  readonly day: number;
  /** ISO weeks (from Monday) since 1970. */
  readonly week: number;
  /** Year times twelve plus month. */
  readonly month: number;
  readonly year: number;
}

const hourMilliseconds = 3_600_000;

// 2^35 ms are 397 days: a piece has two or three offsets, and ten years of
// points touch ten pieces.
const pieceMilliseconds = 2 ** 35;

/** Offsets of a stretch of time; `starts[i]` is the first instant of `offsets[i]`. */
interface Piece {
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
}

interface Zone {
  readonly name: string;
  readonly format: Intl.DateTimeFormat;
  readonly pieces: Map<number, Piece>;
  /** The piece that was asked for last: instants come in the order of time. */
  last: { readonly index: number; readonly piece: Piece } | null;
}

const zones = new Map<string, Zone>();
// A million points of one policy are in one zone.
let lastZone: Zone | null = null;

function zoneOf(name: string): Zone {
  if (lastZone?.name === name) return lastZone;
  const known = zones.get(name);
  if (known !== undefined) {
    lastZone = known;
    return known;
  }
  const zone: Zone = {
    name,
    format: new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }),
    pieces: new Map(),
    last: null,
  };
  zones.set(name, zone);
  return zone;
}

/** Asks Intl, some microseconds: `11/22/2026, GMT+01:00`, in old times with seconds, `GMT` for none. */
function askOffset(zone: Zone, at: number): number {
  const [, sign, hours, minutes, seconds] =
    /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(zone.format.format(at)) ?? [];
  if (sign === undefined) return 0;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return (sign === '-' ? -total : total) * 1000;
}

/** The first instant with another offset than `from` has; `to` is known to have one. */
function changeBetween(from: number, to: number, offsetAt: (at: number) => number): number {
  const before = offsetAt(from);
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Looks at every day of a piece: no zone changes its offset twice a day. */
function makePiece(zone: Zone, index: number): Piece {
  const begin = index * pieceMilliseconds;
  const ask = (at: number): number => askOffset(zone, at);
  const starts = [begin];
  const offsets = [ask(begin)];
  let last = begin;
  while (last < begin + pieceMilliseconds) {
    const next = last + dayMilliseconds;
    const offset = ask(next);
    if (offset !== offsets.at(-1)) {
      starts.push(changeBetween(last, next, ask));
      offsets.push(offset);
    }
    last = next;
  }
  return { starts, offsets };
}

function pieceOf(zone: Zone, index: number): Piece {
  if (zone.last?.index === index) return zone.last.piece;
  const piece = zone.pieces.get(index) ?? makePiece(zone, index);
  zone.pieces.set(index, piece);
  zone.last = { index, piece };
  return piece;
}

function offsetIn(zone: Zone, at: number): number {
  const piece = pieceOf(zone, Math.floor(at / pieceMilliseconds));
  let position = piece.starts.length - 1;
  while (position > 0 && at < (piece.starts[position] ?? 0)) position -= 1;
  return piece.offsets[position] ?? 0;
}

/** Milliseconds that a zone's clocks are ahead of UTC at an instant (milliseconds since 1970). */
export function zoneOffset(at: number, zone: string): number {
  return offsetIn(zoneOf(zone), at);
}

/** What a reading of a zone's clocks means: the instants at which they show it. */
export type LocalInstants =
  | { readonly kind: 'once'; readonly at: number }
  | { readonly kind: 'twice'; readonly first: number; readonly second: number }
  /** Skipped in spring: the first instant after the gap, and the one that clocks without DST would have shown it at. */
  | { readonly kind: 'never'; readonly gapEnd: number; readonly unshifted: number };

/** The instants of a local time, itself written as milliseconds as if it were UTC. */
export function localInstants(local: number, zone: string): LocalInstants {
  const found = zoneOf(zone);
  // Offsets lie within -16 h and +16 h, so a day on either side is before
  // and after every instant that the local time can mean.
  const before = offsetIn(found, local - dayMilliseconds);
  const after = offsetIn(found, local + dayMilliseconds);
  if (before === after) return { kind: 'once', at: local - before };
  const early = local - before;
  const late = local - after;
  const earlyHolds = offsetIn(found, early) === before;
  const lateHolds = offsetIn(found, late) === after;
  if (earlyHolds && lateHolds) return { kind: 'twice', first: early, second: late };
  if (earlyHolds) return { kind: 'once', at: early };
  if (lateHolds) return { kind: 'once', at: late };
  const gapEnd = changeBetween(late, early, (at) => offsetIn(found, at));
  return { kind: 'never', gapEnd, unshifted: early };
}

/** Buckets that were asked for lately, by the minute of their instant. */
const recent: { readonly at: number; readonly zone: string; readonly buckets: Buckets }[] = [];

// A simulation asks for the same instants at each of its dates: what a domain
// keeps fits in here, and a plan of a million points loses nothing by it.
const recentCount = 4096;

/** The buckets of an instant (milliseconds since 1970): made for a million points in well under a second. */
export function bucketsOf(at: number, zone: string): Buckets {
  const slot = Math.abs(Math.floor(at / 60_000)) % recentCount;
  const known = recent[slot];
  if (known !== undefined && known.at === at && known.zone === zone) return known.buckets;
  const buckets = calculatedBuckets(at, zone);
  recent[slot] = { at, zone, buckets };
  return buckets;
}

function calculatedBuckets(at: number, zone: string): Buckets {
  const offset = zoneOffset(at, zone);
  const local = at + offset;
  const day = Math.floor(local / dayMilliseconds);
  const date = civilDateOf(day);
  return {
    hour: Math.floor(local / hourMilliseconds) * hourMilliseconds - offset,
    day,
    // Day 0 was a Thursday; Monday begins the week.
    week: Math.floor((day + 3) / 7),
    month: date.year * 12 + date.month - 1,
    year: date.year,
  };
}

/** Whether a name is one of the tz database, such as `Europe/Berlin` or `UTC`; fixed offsets are not. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  try {
    zoneOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The zone names that this Node knows, for suggestions. */
export function timeZoneNames(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

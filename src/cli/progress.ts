import type { RunEvent } from '../model/event.ts';
import { millisecondsOf } from '../model/instant.ts';
import { progressWords } from '../reporter/event.ts';
import { humanBytes } from '../reporter/human-bytes.ts';
import { humanDuration } from '../reporter/human-duration.ts';
import { printable } from '../reporter/printable.ts';

/** What is known of an action that runs. */
export interface Running {
  readonly address: string;
  readonly what: string;
  readonly startedAt: number;
  /** Milliseconds since 1970 of the newest progress. */
  readonly at: number;
  readonly doneBytes: number;
  readonly totalBytes: number | null;
}

/** The running actions after an event, by id, in the order in which they began. */
export function afterEvent(
  running: ReadonlyMap<string, Running>,
  event: RunEvent,
): ReadonlyMap<string, Running> {
  const at = millisecondsOf(event.at);
  const next = new Map(running);
  if (event.kind === 'action-started') {
    next.set(event.action, {
      address: printable(event.address),
      what: event.what,
      startedAt: at,
      at,
      doneBytes: 0,
      totalBytes: null,
    });
  } else if (event.kind === 'progress') {
    const known = next.get(event.action);
    const { doneBytes, totalBytes } = event;
    if (known !== undefined) next.set(event.action, { ...known, at, doneBytes, totalBytes });
  } else if (event.kind === 'action-finished') next.delete(event.action);
  return next;
}

// Below this a rate says more about the start than about the copy.
const settledSeconds = 2;

/** One line of progress: how much, how fast, how long yet. */
export function progressLine(running: Running, now: number): string {
  const { address, what, doneBytes, totalBytes, startedAt, at } = running;
  const seconds = (now - startedAt) / 1000;
  const name = printable(`${address} ${what}`);
  if (doneBytes === 0) return `${name}, ${humanDuration(seconds)}`;
  const rate = doneBytes / Math.max((at - startedAt) / 1000, 0.001);
  const parts = [progressWords(running)];
  if (seconds >= settledSeconds) {
    parts.push(`${humanBytes(Math.round(rate))}/s`);
    if (totalBytes !== null && totalBytes > doneBytes)
      parts.push(`${humanDuration(Math.ceil((totalBytes - doneBytes) / rate))} left`);
  }
  return `${name} ${parts.join(', ')}`;
}

const barCells = 24;

/** The same with a bar before it, cut to the width of the terminal. */
export function progressBar(running: Running, now: number, columns: number): string {
  const { doneBytes, totalBytes } = running;
  const part = totalBytes === null || totalBytes === 0 ? 0 : Math.min(1, doneBytes / totalBytes);
  const full = Math.floor(part * barCells);
  const bar = `[${'#'.repeat(full)}${'.'.repeat(barCells - full)}]`;
  return `  ${bar} ${progressLine(running, now)}`.slice(0, Math.max(20, columns - 1));
}

import { appendFileSync } from 'node:fs';

/** What one try of a proof counts, for the scoreboard of `npm run torture`. */
export interface Score {
  readonly area: 'crash' | 'faults' | 'agent';
  /** `SIGKILL increment`, say. */
  readonly kind: string;
  /** Points that were compared with the copies of their instants. */
  readonly compared: number;
}

/** Adds a line to the file that the runner names; without a runner nothing. */
export function score(one: Score): void {
  const file = process.env['HOLDFAST_SCORE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(one)}\n`);
}

const seconds = Number(process.env['HOLDFAST_SECONDS'] ?? Infinity);

/** Whether the time that the runner gave this file is over: no more is begun. Without a runner never. */
export const isOver = (): boolean => performance.now() > seconds * 1000;

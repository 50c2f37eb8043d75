import { it } from 'vitest';

/** `HOLDFAST_FAULTS=all`: every fault, also those that one in `npm test` stands for. */
export const isLong = process.env['HOLDFAST_FAULTS'] === 'all';

/** A test of long runs alone: otherwise it is not there, so that one which is skipped is always a mistake. */
export function itLong(name: string, body: () => Promise<void>, timeout?: number): void {
  if (isLong) it(name, body, timeout);
}

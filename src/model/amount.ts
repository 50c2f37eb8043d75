import type { Amount } from './desired.ts';
import { unreachable } from './result.ts';

/** The bytes that an amount means on a file system of that size. */
export function bytesOfAmount(amount: Amount, totalBytes: number): number {
  switch (amount.kind) {
    case 'bytes':
      return amount.bytes;
    case 'percent':
      return Math.ceil((totalBytes * amount.percent) / 100);
    default:
      return unreachable(amount);
  }
}

import type { PointFault } from '../model/observed-store.ts';
import type { Failure } from '../model/result.ts';
import { faultWords } from '../reporter/faults.ts';

/** What a look at the store says of a point already, in words. */
export function knownFault(address: string, fault: PointFault): Failure {
  return { code: fault, message: `${address}: ${faultWords(fault)}` };
}

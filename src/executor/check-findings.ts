import type { Failure } from '../model/result.ts';
import type { CheckedPoint } from './check-point.ts';
import type { Tools } from './tools.ts';

/** What became so far of the points, or copies, that an action checks. */
export interface CheckFindings {
  /** Addresses. */
  readonly damaged: string[];
  readonly unseen: Failure[];
  checked: number;
  bytes: number;
}

/** Before the first check. */
export const noFindings = (): CheckFindings => ({ damaged: [], unseen: [], checked: 0, bytes: 0 });

/** Counts and says what a check of one point, or copy, has found. `total`: bytes of all that the action checks. */
export function takeIn(
  found: CheckFindings,
  { result, findings }: Pick<CheckedPoint, 'result' | 'findings'>,
  of: { readonly address: string; readonly bytes: number; readonly total: number | null },
  { log }: Tools,
): void {
  const { address, bytes, total } = of;
  found.checked += 1;
  found.bytes += bytes;
  log.progress(found.bytes, total);
  if (result === 'sound') return;
  for (const { code, message } of findings) log.warn({ code, message });
  const [first] = findings;
  if (result === 'faulty') found.damaged.push(address);
  else if (first !== undefined) found.unseen.push({ code: first.code, message: first.message });
}

/** Says how many of an action's `count` points, or copies, were found damaged, and the first of them. */
export function damageWords(
  { damaged, checked }: CheckFindings,
  count: number,
  { are, remedy }: { readonly are: string; readonly remedy: string },
): string {
  const shown = damaged.slice(0, 3).join(', ');
  const more = damaged.length > 3 ? ` and ${damaged.length - 3} more` : '';
  const of = checked < count ? `${checked} checked so far` : `${checked}`;
  return `${damaged.length} of ${of} ${are}: ${shown}${more}; ${remedy}.`;
}

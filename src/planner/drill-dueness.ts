import type { DesiredDrill } from '../model/desired.ts';
import type { Drill } from '../model/drill-action.ts';
import type { DrillMemory, DrillRecord } from '../model/drill.ts';
import { addSeconds, instantOf, millisecondsOf, type Instant } from '../model/instant.ts';
import type { Reason } from '../model/reason.ts';
import type { Clock } from './dueness.ts';

// A failed drill is made again a day later, with the newest point then: long enough that a guest which does
// not boot costs one boot a day, short enough that a point of the next night is tried in the next night.
const retrySeconds = 24 * 3600;

/** Why a drill is due; null if it is not. One that is dated later than the observation does not count (G154). */
export function drillReason(
  drill: DesiredDrill,
  memory: DrillMemory | null,
  clock: Clock,
): Reason | null {
  const last = counted(memory?.last ?? null, clock);
  if (last === null) return { code: 'never-drilled' };
  const passed = counted(memory?.passed ?? null, clock);
  if (againMs(drill, last) > clock.asOfMs) return null;
  const passedAt = passed === null ? {} : { passedAt: passed.at };
  return last.failure === null
    ? { code: 'drill-due', facts: { ...passedAt, everySeconds: drill.everySeconds } }
    : { code: 'drill-failed', facts: { ...passedAt, at: last.at, message: last.failure.message } };
}

/** When the next drill is due after this one. */
export function drillAgainAt(drill: DesiredDrill, last: DrillRecord): Instant {
  return instantOf(againMs(drill, last));
}

function againMs({ everySeconds }: DesiredDrill, { at, result }: DrillRecord): number {
  const seconds = result === 'passed' ? everySeconds : Math.min(everySeconds, retrySeconds);
  return millisecondsOf(addSeconds(at, seconds));
}

function counted(record: DrillRecord | null, { observedMs }: Clock): DrillRecord | null {
  return record === null || millisecondsOf(record.at) > observedMs ? null : record;
}

/** When a drill's domain was last proven bootable, in milliseconds; 0 if never. The longest unproven come first. */
export function provenMs({ reasons }: Drill): number {
  const at = reasons.find(({ facts }) => typeof facts?.['passedAt'] === 'string')?.facts;
  return at === undefined ? 0 : millisecondsOf(String(at['passedAt']));
}

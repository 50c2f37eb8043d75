import type { DrillRecord } from '../model/drill.ts';
import type { EventBody } from '../model/event.ts';
import { secondsBetween, type Instant } from '../model/instant.ts';
import type { StatusDrill } from '../model/status-report.ts';
import { humanAge } from './human-duration.ts';
import { printable } from './printable.ts';
import type { ZonedClock } from './zoned-clock.ts';

/** How far a drill is, for whoever watches it; null for steps that only a journal needs. */
export function drillStep({
  action,
  step,
  path,
}: Extract<EventBody, { kind: 'step' }>): string | null {
  if (!action.startsWith('drill:') || path === null) return null;
  const what = printable(path);
  switch (step) {
    case 'boot':
      return `booting ${what}`;
    case 'wait':
      return `waiting for ${what}`;
    case 'usable':
      return `usable after ${what}`;
    case 'kept':
      return `left running as ${what}: end it with Ctrl-C, or shut it down`;
    default:
      return null;
  }
}

/** `12d ago`, `FAILED 3h ago, last good 33d ago`, `never`; empty where nobody asks for drills. */
export function bootedWords({ wanted, drill }: StatusDrill, now: Instant): string {
  if (drill === null) return wanted ? 'never' : '';
  const ago = (at: Instant): string => `${humanAge(secondsBetween(at, now))} ago`;
  const { last, passed } = drill;
  if (last.result === 'passed') return ago(last.at);
  const good = passed === null ? 'never good' : `last good ${ago(passed.at)}`;
  return `FAILED ${ago(last.at)}, ${good}`;
}

/** How the drill of a point ended: `2026-11-22 04:00, 6.2 s`. */
export function drilledWords(
  { at, result, usableSeconds }: DrillRecord,
  clock: ZonedClock,
): string {
  const how =
    result === 'failed'
      ? 'failed'
      : usableSeconds === null
        ? 'up'
        : `${usableSeconds.toFixed(1)} s`;
  return `${clock.minute(at)}, ${how}`;
}

import type { Schedule } from '../../model/desired.ts';
import { instantOf } from '../../model/instant.ts';
import type { ClockChange } from '../../model/simulation.ts';
import { dayMilliseconds } from '../../schedule/calendar.ts';
import { parseCron, type Cron } from '../../schedule/cron.ts';
import { slotAfter } from '../../schedule/slot.ts';
import { zoneOffset } from '../../schedule/zone.ts';

/** The nights of a time in which the clocks of a schedule's zone are moved, and what that does to the schedules. */
export function clockChanges(
  schedules: readonly Schedule[],
  startMs: number,
  untilMs: number,
): readonly ClockChange[] {
  const byZone = new Map<string, Map<string, Schedule>>();
  for (const schedule of schedules) {
    const known = byZone.get(schedule.timezone) ?? new Map<string, Schedule>();
    known.set(`${schedule.name} ${schedule.cron}`, schedule);
    byZone.set(schedule.timezone, known);
  }
  return [...byZone]
    .flatMap(([timezone, own]) =>
      moves(timezone, startMs, untilMs).map(({ atMs, before, after }): ClockChange => ({
        at: instantOf(atMs),
        timezone,
        shiftSeconds: (after - before) / 1000,
        schedules: [...own.values()]
          .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
          .map((schedule) => effectOf(schedule, atMs, before, after)),
      })),
    )
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

interface Move {
  readonly atMs: number;
  /** Milliseconds ahead of UTC. */
  readonly before: number;
  readonly after: number;
}

function moves(timezone: string, startMs: number, untilMs: number): readonly Move[] {
  const found: Move[] = [];
  for (let dayMs = startMs; dayMs < untilMs; dayMs += dayMilliseconds) {
    const endMs = Math.min(dayMs + dayMilliseconds, untilMs);
    const before = zoneOffset(dayMs, timezone);
    const after = zoneOffset(endMs, timezone);
    if (before === after) continue;
    let [low, high] = [dayMs, endMs];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (zoneOffset(middle, timezone) === before) low = middle;
      else high = middle;
    }
    found.push({ atMs: high, before, after });
  }
  return found;
}

/** What `due.ts` does with the times of a schedule that a night skips or doubles. */
function effectOf(
  { name, cron: text }: Schedule,
  atMs: number,
  before: number,
  after: number,
): ClockChange['schedules'][number] {
  const cron = parseCron(text);
  // The policy refuses a bad expression with its place; here it is our own mistake.
  if (!cron.ok) throw new Error(cron.error.message);
  const isSpring = after > before;
  const times = slotsIn(cron.value, atMs + Math.min(before, after), atMs + Math.max(before, after));
  const { everyHour } = cron.value;
  const effect = isSpring ? (everyHour ? 'elapsed' : 'late') : everyHour ? 'each' : 'first';
  return { name, cron: text, effect: times.length === 0 ? 'none' : effect, times };
}

/** The readings of the clock in a stretch at which a cron is due, as `02:30`. */
function slotsIn(cron: Cron, fromLocal: number, toLocal: number): readonly string[] {
  const times: string[] = [];
  for (let slot = slotAfter(cron, fromLocal - 1); slot < toLocal; slot = slotAfter(cron, slot)) {
    times.push(instantOf(slot).slice(11, 16));
  }
  return times;
}

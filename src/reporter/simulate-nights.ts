import type { ClockChange, SimulatedGuard, SimulationReport } from '../model/simulation.ts';
import { humanPeriod } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { zonedClock } from './zoned-clock.ts';

/** The nights in which clocks are moved, and what the schedules do there; like nights together. */
export function renderClockChanges({ clockChanges }: SimulationReport): readonly string[] {
  const groups = new Map<string, ClockChange[]>();
  for (const change of clockChanges) {
    const key = JSON.stringify([change.timezone, change.shiftSeconds, change.schedules]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [change]);
    else known.push(change);
  }
  if (groups.size === 0) return ['No clock is moved in this time.'];
  return ['Nights in which clocks are moved', ...[...groups.values()].flatMap(nightLines)];
}

function nightLines(nights: readonly ClockChange[]): readonly string[] {
  const [first] = nights;
  if (first === undefined) return [];
  const { timezone, shiftSeconds, schedules } = first;
  const clock = zonedClock(timezone);
  const dates = nights.map(({ at }) => clock.minute(at).slice(0, 10));
  const shown = dates.slice(0, 3).join(', ');
  const more = dates.length > 3 ? ` and ${dates.length - 3} more` : '';
  const way = shiftSeconds > 0 ? 'forward' : 'back';
  const touched = schedules.filter(({ effect }) => effect !== 'none');
  return [
    `  ${shown}${more}: ${timezone} goes ${way} by ${humanPeriod(Math.abs(shiftSeconds))}`,
    ...(touched.length === 0 ? ['    no schedule is due then'] : touched.map(scheduleLine)),
  ];
}

type Effect = ClockChange['schedules'][number];

function scheduleLine({ name, cron, effect, times }: Effect): string {
  const label = name === cron ? cron : `${printable(name)} (${cron})`;
  const [isOne, which] = [times.length === 1, times.join(', ')];
  return `    ${label}: ${which} ${effectWords(effect, isOne)}`;
}

function effectWords(effect: Effect['effect'], isOne: boolean): string {
  switch (effect) {
    case 'late':
      return `${isOne ? 'does' : 'do'} not exist; due once, when the gap ends`;
    case 'elapsed':
      return `${isOne ? 'does' : 'do'} not exist; due as if no clock had moved`;
    case 'first':
      return `${isOne ? 'comes' : 'come'} twice; due the first time only`;
    case 'each':
      return `${isOne ? 'comes' : 'come'} twice; due both times`;
    case 'none':
      return '';
    default:
      return effect;
  }
}

/** The guards that speak of deletions on the way. */
export function renderSimulatedGuards({ guards, timezone }: SimulationReport): readonly string[] {
  if (guards.length === 0) return [];
  const clock = zonedClock(timezone);
  return [
    'Guards',
    ...guards.map((guard) => `  ${guardLine(guard, clock.minute(guard.firstAt).slice(0, 10))}`),
    '  holdfast explain CODE tells what a guard is for.',
  ];
}

function guardLine({ code, effect, scopes, plans, chains }: SimulatedGuard, date: string): string {
  const where = scopes
    .slice(0, 3)
    .map((scope) => printable(scope))
    .join(', ');
  const more = scopes.length > 3 ? ` and ${scopes.length - 3} more` : '';
  const how =
    effect === 'allowed'
      ? 'will ask, and a yes is taken for granted'
      : 'keeps chains that retention would delete';
  const often = plans === 1 ? `on ${date}` : `in ${plans} plans, first on ${date}`;
  return `${code} ${how}: ${where}${more}; ${plural(chains, 'chain')} at most, ${often}`;
}

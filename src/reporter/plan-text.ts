import type { Action } from '../model/action.ts';
import { secondsBetween } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import { actionDetails } from './action-details.ts';
import { paint } from './color.ts';
import { displayWidth, fitLine } from './display-width.ts';
import { humanPeriod } from './human-duration.ts';
import { leftAloneRows } from './left-alone.ts';
import { unseenWords } from './no-changes.ts';
import { guardLines, noteLines } from './plan-advice.ts';
import { countsOf } from './plan-counts.ts';
import { planHeader, savedLine } from './plan-header.ts';
import { actionRow, planShortener, type PlanWords } from './plan-rows.ts';
import { printable } from './printable.ts';
import { indented, renderRow, type RenderOptions, type Row, type Stops } from './row.ts';
import { zonedClock } from './zoned-clock.ts';

/** How a plan is written; `planFile` is its saved file, for the lines that people copy. */
export interface PlanOptions extends RenderOptions {
  readonly planFile?: string | null;
  /** It was made before, and read from that file. */
  readonly isSaved?: boolean;
}

/** The parts of a plan's text, for those who must cut it. */
export interface PlanText {
  readonly header: readonly string[];
  /** Waves 10 to 40. */
  readonly work: readonly string[];
  readonly deletions: readonly string[];
  readonly leftAlone: readonly string[];
  readonly notes: readonly string[];
  readonly guards: readonly string[];
  readonly summary: string;
}

/** The words that all lines of a plan share. */
export function planWords(plan: Plan, verbose: boolean): PlanWords {
  return {
    setting: {
      clock: zonedClock(plan.policy.timezone),
      now: plan.plannedAt,
      policyFile: printable(plan.policy.file),
      told: new Map(
        plan.observed.flatMap(({ part, message }) => (message === null ? [] : [[message, part]])),
      ),
    },
    shorten: planShortener(plan, verbose),
    verbose,
  };
}

/** All lines of a plan, by section. */
export function planText(plan: Plan, options: PlanOptions): PlanText {
  const words = planWords(plan, options.verbose);
  const actions = plan.actions.map((action) => ({ action, row: actionRow(action, words) }));
  const left = leftAloneRows(plan, words);
  const stops = stopsOf([...actions.map(({ row }) => row), ...left], options);
  const wave = (number: Action['wave']): readonly string[] => {
    const inWave = actions.filter(({ action }) => action.wave === number);
    if (inWave.length === 0) return [];
    const own = number === 90 ? deletionStops(inWave, stops) : stops;
    return [
      ...fitLine(waveHeading(number, plan, stops, options), options.width, 4),
      ...inWave.flatMap(({ action, row }) => [
        ...renderRow(row, own, options),
        ...actionDetails(action, words.setting, options.verbose).flatMap((line) =>
          fitLine(indented(6, { text: line, style: 'dim' }, options), options.width, 8),
        ),
      ]),
    ];
  };
  const titled = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [paint(title, 'bold', options.color), ...lines];
  return {
    header: [
      ...(options.isSaved === true ? [savedLine(plan, words.setting.clock, options)] : []),
      ...planHeader(plan, words.setting.clock, options),
    ],
    work: [...wave(10), ...wave(20), ...wave(30), ...wave(40), ...wave(50)],
    deletions: wave(90),
    leftAlone: titled(
      'left alone',
      left.flatMap((row) => renderRow(row, stops, options)),
    ),
    notes: titled('notes', noteLines(newNotes(plan), words, options)),
    guards: titled('guards', guardLines(plan, words, options, options.planFile ?? null)),
    summary: `Plan: ${countsOf(plan)}.${unseenWords(plan)}`,
  };
}

/** Notes but for those that the header, or the row of a domain, says already. */
function newNotes(plan: Plan): Plan['notes'] {
  const said = new Set(plan.observed.map(({ message }) => message));
  return plan.notes.filter(({ code, facts }) => {
    const message = facts?.['message'];
    return !(
      (code === 'unseen' || code === 'mirror-unseen') &&
      (facts?.['part'] === 'domain' || (typeof message === 'string' && said.has(message)))
    );
  });
}

const waveNames: Readonly<Record<Action['wave'], string>> = {
  10: 'repair',
  20: 'backups',
  30: 'mirrors',
  40: 'restore',
  50: 'checks',
  90: 'deletions',
};

function waveHeading(
  wave: Action['wave'],
  plan: Plan,
  stops: Stops,
  options: RenderOptions,
): string {
  const name = `${wave} ${waveNames[wave]}`;
  const periods = plan.actions.flatMap((action) =>
    action.kind === 'trash-chain' || action.kind === 'hide-copies'
      ? [secondsBetween(plan.plannedAt, action.purgeAfter)]
      : [],
  );
  if (wave !== 90 || periods.length === 0) return paint(name, 'bold', options.color);
  const after = [...new Set(periods)].toSorted((a, b) => a - b).map(humanPeriod);
  const text = `moved to trash, removed for good after ${after.join(' or ')}`;
  return `${paint(name, 'bold', options.color)}${' '.repeat(Math.max(2, stops.what - name.length))}${text}`;
}

// Longer addresses and texts push their own line only: one long name must not
// drive the reasons of all others out of the window.
const longestAddress = 28;
// The column in which reasons begin is the same in plans of one and of a
// hundred lines, so that the eye learns it; a terminal's width may ask for less.
const usualWhat = 36;
const longestReason = 40;

const widest = (texts: readonly string[], limit: number): number =>
  texts
    .map(displayWidth)
    .reduce((most, width) => (width <= limit ? Math.max(most, width) : most), 0);

/** Where the columns of a plan begin. */
function stopsOf(rows: readonly Row[], options: RenderOptions): Stops {
  const addresses = rows.map(({ address }) => address.text);
  const what = 4 + widest(addresses, longestAddress) + 1;
  const texts = widest(
    rows.map((row) => row.what.text),
    usualWhat,
  );
  const reason = what + (options.width === null ? usualWhat : texts) + 2;
  const reasonsWidth = widest(
    rows.map((row) => (row.place.text === '' ? '' : row.reason.text)),
    longestReason,
  );
  return { what, reason, place: reason + reasonsWidth + 2 };
}

/** Deletions name a chain: their addresses are longer, and aligned among themselves. */
function deletionStops(rows: readonly { readonly row: Row }[], stops: Stops): Stops {
  const longest = (cell: 'address' | 'what' | 'reason'): number =>
    rows.reduce((most, { row }) => Math.max(most, displayWidth(row[cell].text)), 0);
  const what = Math.max(stops.what, 4 + longest('address') + 2);
  const reason = Math.max(stops.reason, what + longest('what') + 2);
  return { what, reason, place: Math.max(stops.place, reason + longest('reason') + 2) };
}

import { type Action, isRepair } from '../model/action.ts';
import type { Outcome, RunEvent } from '../model/event.ts';
import { secondsBetween } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import { unreachable } from '../model/result.ts';
import { paint } from './color.ts';
import { displayWidth, fitLine } from './display-width.ts';
import { eventWords, outcomeText } from './event.ts';
import { humanBytes } from './human-bytes.ts';
import { humanDuration } from './human-duration.ts';
import { nextDue } from './no-changes.ts';
import { outcomeLabel, outcomeStyles } from './outcomes.ts';
import { countsOf } from './plan-counts.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { restoreAftermath } from './restore-aftermath.ts';
import { renderRow, type RenderOptions } from './row.ts';

/** What a report of a run is made from. */
export interface RunStory {
  readonly plan: Plan;
  readonly events: readonly RunEvent[];
  /** The plan of the closing look, as of now; null when it was not made. */
  readonly next: Plan | null;
  /** Only what was not done, and the closing sentence. */
  readonly quiet?: boolean;
}

type Finished = Extract<RunEvent, { kind: 'action-finished' }>;

/** What a run did: a line an action, warnings, and one closing sentence. Ends in a newline. */
export function renderRunReport(story: RunStory, options: RenderOptions): string {
  const words = eventWords(story.plan, options);
  const finished = story.events.filter(
    (event): event is Finished => event.kind === 'action-finished',
  );
  const shown = finished.filter(
    ({ outcome }) => story.quiet !== true || !['done', 'already'].includes(outcome.code),
  );
  const longest = shown.reduce(
    (most, { action }) => Math.max(most, displayWidth(words.name(action).address)),
    0,
  );
  const stop = 11 + longest + 2;
  const rows = shown.flatMap(({ action, outcome }) => {
    const { address, what } = words.name(action);
    const text = inShort(outcomeText(outcome, words));
    return renderRow(
      {
        sign: {
          text: `  ${outcomeLabel(outcome.code).padEnd(9)}`,
          style: outcomeStyles[outcome.code],
        },
        address: { text: address },
        what: { text: what },
        reason: { text },
        place: { text: '' },
      },
      { what: stop, reason: stop + 38, place: 0 },
      options,
    );
  });
  const warnings = story.events.flatMap((event) => {
    if (event.kind !== 'warning') return [];
    const where = event.action === null ? '' : `${words.name(event.action).address}: `;
    return fitLine(
      `  ${paint('warning', 'yellow', options.color)}  ${where}${printable(event.failure.message)}`,
      options.width,
      11,
    );
  });
  const left = story.plan.actions
    .filter(({ id }) =>
      finished.some(({ action, outcome }) => action === id && outcome.code === 'done'),
    )
    .flatMap((action) => restoreAftermath(action, wasHeld(story.events, action.id)));
  const lines = [...rows, ...warnings, ...left];
  const last = closing(story, finished) + blocked(story.plan, finished);
  const end = fitLine(last, options.width, 0);
  return `${[...lines, ...(lines.length === 0 ? [] : ['']), ...end].join('\n')}\n`;
}

/** Whether the executor found a hold of somebody else on the chain that an instant restore stands on. */
function wasHeld(events: readonly RunEvent[], id: string): boolean {
  return events.some(
    (event) =>
      event.kind === 'warning' && event.action === id && event.failure.code === 'held-before',
  );
}

// A line that fits two lines of a terminal is read; a longer one was said whole when it happened.
const longestText = 160;

/** The first sentence of a long text; the line of the event has said it whole. */
function inShort(text: string): string {
  if (text.length <= longestText) return text;
  const end = text.search(/[.;] /);
  const first = end === -1 ? text : text.slice(0, end);
  return first.length <= longestText ? `${first} …` : `${first.slice(0, longestText).trimEnd()} …`;
}

/** The last sentence: `Done: 3 points, 1.2 GiB in 41 s. Planning again: nothing to do.` */
function closing(story: RunStory, finished: readonly Finished[]): string {
  const codes = (...wanted: readonly Outcome['code'][]): readonly Finished[] =>
    finished.filter(({ outcome }) => wanted.includes(outcome.code));
  const good = codes('done', 'already');
  const bad = finished.filter(
    ({ outcome }) => outcome.code !== 'done' && outcome.code !== 'already',
  );
  const took = ` in ${humanDuration(duration(story.events))}`;
  const end = story.events.findLast((event) => event.kind === 'run-finished');
  const did = deeds(story.plan, codes('done'));
  const done = did === '' ? 'nothing was left to do' : did;
  if (end?.interrupted === true || codes('interrupted').length > 0) {
    const soFar =
      did === '' ? `before anything was done, after${took.slice(3)}` : `after ${did}${took}`;
    const left =
      story.plan.purpose === 'policy'
        ? 'the next plan shows what is left'
        : 'what it had begun is undone, or repaired by the next apply';
    return `Interrupted ${soFar}. No published point is lost; ${left}.`;
  }
  if (bad.length === 0) return `Done: ${done}${took}.${again(story)}`;
  const names = eventWords(story.plan, { color: false, verbose: false });
  const named = [...new Set(bad.map(({ action }) => names.name(action).address))];
  const some =
    named.slice(0, 5).join(', ') + (named.length > 5 ? ` and ${named.length - 5} more` : '');
  const counted = tally(bad);
  // What a person asked for by name is in no plan of the policy.
  const then =
    story.plan.purpose === 'policy' ? 'The next plan tries again.' : 'Run the command again.';
  return good.length === 0
    ? `Not done: ${counted} (${some})${took}. ${then}`
    : `Partly done: ${done}${took}; ${counted} (${some}). ${then}`;
}

/** What guards kept from being done, for it is in no event. */
function blocked({ actions }: Plan, finished: readonly Finished[]): string {
  const known = new Set(finished.map(({ action }) => action));
  const kept = actions.filter(({ id, blockedBy }) => blockedBy.length > 0 && !known.has(id));
  if (kept.length === 0) return '';
  const codes = [...new Set(kept.flatMap(({ blockedBy }) => blockedBy))].map(printable);
  return ` Blocked, not done: ${plural(kept.length, 'action')} (${codes.join(', ')}).`;
}

function tally(bad: readonly Finished[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of bad) counts.set(outcome.code, (counts.get(outcome.code) ?? 0) + 1);
  return Array.from(counts, ([code, count]) => `${count} ${code}`).join(', ');
}

function again({ events, next }: RunStory): string {
  const end = events.findLast((event) => event.kind === 'run-finished');
  if (end === undefined || end.converged === null) return '';
  if (!end.converged) {
    return ` Planning again finds more to do${next === null ? '' : `: ${countsOf(next)}`}; see holdfast plan.`;
  }
  const due = next === null ? null : nextDue(next);
  return ` Planning again: nothing to do${due === null ? '' : `; next due: ${due}`}.`;
}

function duration(events: readonly RunEvent[]): number {
  const first = events.at(0);
  const last = events.at(-1);
  return first === undefined || last === undefined ? 0 : secondsBetween(first.at, last.at);
}

/** What was done, counted in the reader's things: points, repairs, chains. */
function deeds(plan: Plan, done: readonly Finished[]): string {
  const actions = new Map(plan.actions.map((action) => [action.id, action]));
  const sums = new Map<string, { count: number; bytes: number | null }>();
  for (const { action: id, outcome } of done) {
    const action = actions.get(id);
    const noun = action === undefined ? 'action' : nounOf(action);
    const sum = sums.get(noun) ?? { count: 0, bytes: null };
    sum.count += 1;
    if (outcome.code === 'done' && outcome.bytes !== null && noun !== 'repair') {
      sum.bytes = (sum.bytes ?? 0) + outcome.bytes;
    }
    sums.set(noun, sum);
  }
  return Array.from(sums, ([noun, { count, bytes }]) => {
    const [first = '', ...rest] = noun.split(' ');
    const things = [plural(count, first), ...rest].join(' ');
    return bytes === null ? things : `${things}, ${humanBytes(bytes)}`;
  }).join('; ');
}

/** First word: what is counted; the rest belongs to it. */
function nounOf(action: Action): string {
  if (isRepair(action)) return 'repair';
  switch (action.kind) {
    case 'backup':
      return 'point';
    case 'restore':
      return 'point restored';
    case 'trash-chain':
      return 'chain to the trash';
    case 'purge-trash':
    case 'purge-copies':
      return 'chain removed for good';
    case 'copy-points':
      return 'chain copied';
    case 'hide-copies':
      return 'chain deleted at a mirror';
    case 'drill':
      return 'drill passed';
    case 'verify-points':
      return 'domain checked';
    case 'verify-copies':
      return 'domain checked at a mirror';
    case 'heal':
      return 'point healed';
    case 'create-store':
      return 'store created';
    case 'untrack':
      return 'domain untracked';
    default:
      return unreachable(action);
  }
}

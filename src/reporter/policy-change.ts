import type { Action } from '../model/action.ts';
import type { PolicyChange } from '../model/policy-change.ts';
import { paint } from './color.ts';
import { guards } from './guards.ts';
import { humanBytes } from './human-bytes.ts';
import { planHeader } from './plan-header.ts';
import { actionRow } from './plan-rows.ts';
import { planWords } from './plan-text.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { renderRow, type RenderOptions } from './row.ts';
import { sentenceOf } from './sentence.ts';
import { renderDifferences } from './simulate-compare.ts';

/** What a change of the policy alone does, for people. Ends in a newline. */
export function renderPolicyChange(change: PolicyChange, options: RenderOptions): string {
  const { plan, base, revision } = change;
  const words = planWords(plan, options.verbose);
  const titled = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', paint(title, 'bold', options.color), ...lines];
  const rows = (actions: readonly Action[]): readonly string[] =>
    actions.flatMap((action) =>
      renderRow(actionRow(action, words), { what: 34, reason: 70, place: 100 }, options),
    );
  const guardLines = (all: PolicyChange['guards']['added']): readonly string[] =>
    all.map(
      ({ code, scope, effect, facts }) =>
        `  ${effect} ${printable(code)} ${printable(scope)} ${sentenceOf(guards, code, facts, words.setting)}`,
    );
  return [
    `${paint('base'.padEnd(10), 'bold', options.color)}${printable(base.file)} at ${printable(revision)} ${(base.commit ?? '').slice(0, 7)}`,
    ...planHeader(plan, words.setting.clock, options),
    ...titled('backed up from now on', names(change.covered.added)),
    ...titled('no longer backed up', names(change.covered.removed)),
    ...titled('done because of the change', rows(change.added)),
    ...titled('done otherwise', rows(change.changed)),
    ...titled('no longer done', rows(change.removed)),
    ...titled('guards that speak now', guardLines(change.guards.added)),
    ...titled('guards that are silent now', guardLines(change.guards.removed)),
    ...titled('the next 30 days', forecastLines(change, options)),
    '',
    summaryOf(change),
    '',
  ].join('\n');
}

const names = (all: readonly string[]): readonly string[] =>
  all.map((name) => `    domain/${printable(name)}`);

function forecastLines(
  { forecast, forecastFailure, isSame }: PolicyChange,
  options: RenderOptions,
): readonly string[] {
  if (isSame) return [];
  if (forecast === null) return [`  not simulated: ${printable(forecastFailure ?? '')}`];
  return renderDifferences(forecast, options, ['before', 'after']);
}

/** The one line that a reviewer must read. */
export function summaryOf({
  isSame,
  added,
  removed,
  changed,
  lost,
  lostPoints,
  lostBytes,
}: PolicyChange): string {
  if (isSame) return 'The change means nothing: both policies say the same.';
  const counts = [
    ...(added.length === 0 ? [] : [`${plural(added.length, 'action')} more`]),
    ...(changed.length === 0 ? [] : [`${changed.length} done otherwise`]),
    ...(removed.length === 0 ? [] : [`${removed.length} no longer`]),
  ];
  const size = lostBytes === null ? '' : `, ${humanBytes(lostBytes)}`;
  const points =
    lost.length === 0
      ? 'no restore point is lost'
      : `${plural(lostPoints, 'restore point')} lost in ${plural(lost.length, 'chain')}${size}`;
  return `This change alone, now: ${counts.length === 0 ? 'no action differs' : counts.join(', ')}; ${points}.`;
}

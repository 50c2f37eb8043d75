import type { Action } from '../model/action.ts';
import type { Plan } from '../model/plan.ts';
import { humanBytes } from './human-bytes.ts';
import { cutMiddle, cutNote, fenced, planMarker } from './markdown.ts';
import { noChangesLine } from './no-changes.ts';
import { planText, type PlanText } from './plan-text.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';

/**
 * A plan as a comment on a pull request, at most `limit` characters (GitHub
 * cuts at 65,536). Guards and deletions survive: the work in the middle is cut
 * first, then deletions are told by domain. The first line, a comment that is
 * not shown, names host and plan, and says if it was cut: a cut plan cannot approve.
 */
export function renderPlanMarkdown(plan: Plan, { limit }: { readonly limit: number }): string {
  const text = planText(plan, { color: false, width: null, verbose: false });
  const whole = write(plan, text, text.work, text.deletions, false);
  if (whole.length <= limit) return whole;
  const deletions = [text.deletions, deletionsByDomain(plan)];
  for (const kept of deletions) {
    const bare = write(plan, { ...text, leftAlone: [], notes: [] }, [cutNote(0)], kept, true);
    if (bare.length <= limit) {
      // Room for the digits of the count in the note that replaces this one.
      const middle = cutMiddle(
        [...text.work, ...text.leftAlone, ...text.notes],
        limit - bare.length - 12,
      );
      return write(plan, { ...text, leftAlone: [], notes: [] }, middle, kept, true);
    }
  }
  return tooLarge(plan, limit);
}

function write(
  plan: Plan,
  text: PlanText,
  work: readonly string[],
  deletions: readonly string[],
  cut: boolean,
): string {
  const nothing = plan.actions.length === 0 && plan.purpose === 'policy';
  return `${[
    planMarker(plan, cut),
    '### Holdfast plan',
    '',
    ...fenced([nothing ? noChangesLine(plan) : text.summary]),
    ...section('Guards', text.guards.slice(1)),
    ...section('Deletions', deletions.slice(1)),
    ...section('Everything else', [
      ...text.header,
      ...(work.length === 0 ? [] : ['', ...work]),
      ...(text.leftAlone.length === 0 ? [] : ['', ...text.leftAlone]),
      ...(text.notes.length === 0 ? [] : ['', ...text.notes]),
    ]),
  ].join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `**${title}**`, '', ...fenced(lines)];
}

const deletionKinds: ReadonlySet<Action['kind']> = new Set([
  'trash-chain',
  'purge-trash',
  'hide-copies',
  'purge-copies',
]);

const isDeletion = (
  action: Action,
): action is Extract<
  Action,
  { kind: 'trash-chain' | 'purge-trash' | 'hide-copies' | 'purge-copies' }
> => deletionKinds.has(action.kind);

/** One line a domain, where even the list of deletions is too long. */
function deletionsByDomain(plan: Plan): readonly string[] {
  const domains = new Map<string, { chains: number; bytes: number; blocked: number }>();
  for (const action of plan.actions) {
    if (!isDeletion(action)) continue;
    const at = 'mirror' in action ? `${action.mirror.name}:` : '';
    const name = printable(`${at}${action.domain.name}`);
    const sum = domains.get(name) ?? { chains: 0, bytes: 0, blocked: 0 };
    sum.chains += 1;
    sum.bytes += action.bytes ?? 0;
    sum.blocked += action.blockedBy.length > 0 ? 1 : 0;
    domains.set(name, sum);
  }
  return [
    'deletions',
    ...Array.from(domains, ([name, { chains, bytes, blocked }]) => {
      const held = blocked === 0 ? '' : `, ${blocked} blocked`;
      return `- ${name}: ${plural(chains, 'chain')}, ${humanBytes(bytes)}${held}`;
    }),
  ];
}

/** Guards of thousands of domains: what is left is their number, and that this decides nothing. */
function tooLarge(plan: Plan, limit: number): string {
  const codes = new Map<string, number>();
  for (const { code } of plan.guards) codes.set(code, (codes.get(code) ?? 0) + 1);
  const text: PlanText = {
    header: [],
    work: [],
    deletions: [],
    leftAlone: [],
    notes: [],
    guards: [
      'guards',
      ...Array.from(codes, ([code, count]) => `${printable(code)}: ${count} times`),
    ],
    summary: `${plural(plan.actions.length, 'action')} in this plan: too many to be shown here. A cut plan cannot approve.`,
  };
  return write(plan, text, [], deletionsByDomain(plan).slice(0, 200), true).slice(0, limit);
}

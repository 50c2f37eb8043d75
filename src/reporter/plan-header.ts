import type { Plan } from '../model/plan.ts';
import { paint } from './color.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { withoutName } from './without-name.ts';
import type { ZonedClock } from './zoned-clock.ts';

/** The first lines of a plan: from what policy, from what observation, and what was asked for beside it. */
export function planHeader(
  plan: Plan,
  clock: ZonedClock,
  options: RenderOptions,
): readonly string[] {
  const label = (word: string): string => paint(word.padEnd(10), 'bold', options.color);
  const asked = askedWords(plan);
  return [
    `${label('policy')}${policyWords(plan)}`,
    `${label('observed')}${observedWords(plan, clock)}`,
    ...unseenLines(plan).map((line) => `          ${paint(line, 'yellow', options.color)}`),
    ...(asked === '' ? [] : [`${label('asked')}${asked}`]),
  ];
}

/** That a plan is a saved one: its file, when it was made, and how long it may be applied. */
export function savedLine(
  plan: Plan,
  clock: ZonedClock,
  options: RenderOptions & { readonly planFile?: string | null },
): string {
  const { plannedAt, expiresAt } = plan;
  const until = `made ${clock.minute(plannedAt)}, good until ${clock.minute(expiresAt)}`;
  const file = options.planFile ?? null;
  const name = file === null || file === '-' ? '' : ` ${printable(file)}`;
  return `${paint('saved'.padEnd(10), 'bold', options.color)}plan${name}, ${until}`;
}

function policyWords({ policy }: Plan): string {
  const git = [
    policy.branch === null ? '' : ` ${printable(policy.branch)}`,
    policy.commit === null ? '' : ` ${printable(policy.commit).slice(0, 7)}`,
  ].join('');
  const counts = [
    plural(policy.rules, 'rule'),
    plural(policy.stores, 'store'),
    ...(policy.mirrors === 0 ? [] : [plural(policy.mirrors, 'mirror')]),
  ];
  return `${printable(policy.file)}${git === '' ? '' : ` at${git}`} · ${counts.join(', ')}`;
}

function observedWords(plan: Plan, clock: ZonedClock): string {
  const parts = plan.observed.map(({ part, seen, chains, points }) => {
    const inside = [
      ...(chains === null ? [] : [plural(chains, 'chain')]),
      ...(points === null ? [] : [plural(points, 'point')]),
    ];
    const counted = inside.length === 0 ? '' : ` (${inside.join(', ')})`;
    return `${printable(part)} ${seen ? 'ok' : 'NOT SEEN'}${seen ? counted : ''}`;
  });
  return [`${printable(plan.host)} ${clock.full(plan.plannedAt)}`, ...parts].join(' · ');
}

/** Why parts were not seen, a line each. */
export function unseenLines(plan: Plan): readonly string[] {
  return plan.observed
    .filter(({ seen }) => !seen)
    .map(({ part, message }) => {
      const why = message === null ? 'not seen' : withoutName(message, part);
      return `${printable(part)}: ${printable(why)}`;
    });
}

function askedWords(plan: Plan): string {
  const { targets, now, allow } = plan.request;
  const purpose: Readonly<Record<Plan['purpose'], string>> = {
    policy: '',
    restore: 'a restore, beside the policy',
    trash: 'to empty the trash, beside the policy',
    untrack: 'to drop trackers, beside the policy',
    drill: 'a drill, beside the policy',
  };
  return [
    ...(purpose[plan.purpose] === '' ? [] : [purpose[plan.purpose]]),
    ...(targets === null ? [] : [`only ${targets.map(printable).join(', ')}; no deletions`]),
    ...now.map(({ address, full, note, hold }) => {
      const extra = [
        ...(note === null ? [] : [`note ${JSON.stringify(printable(note))}`]),
        ...(hold === null ? [] : ['held']),
      ];
      const kind = full ? 'a full' : 'a point';
      return `${kind} of ${printable(address)} now${extra.length === 0 ? '' : ` (${extra.join(', ')})`}`;
    }),
    ...allow.map(({ code, scope }) => `allowed ${printable(code)}=${printable(scope)}`),
  ].join(' · ');
}

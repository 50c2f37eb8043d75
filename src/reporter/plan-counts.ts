import { type Action, isRepair } from '../model/action.ts';
import type { Plan } from '../model/plan.ts';
import { unreachable } from '../model/result.ts';
import { humanBytes } from './human-bytes.ts';
import { printable } from './printable.ts';

const groups = [
  'create',
  'run',
  'copy',
  'drill',
  'heal',
  'check',
  'restore',
  'repair',
  'untrack',
  'delete',
  'remove for good',
] as const;
type Group = (typeof groups)[number];

/** Under which word of the summary an action is counted. */
function groupOf(action: Action): Group {
  if (isRepair(action)) return 'repair';
  switch (action.kind) {
    case 'create-store':
      return 'create';
    case 'backup':
      return 'run';
    case 'restore':
      return 'restore';
    case 'untrack':
      return 'untrack';
    case 'copy-points':
      return 'copy';
    case 'drill':
      return 'drill';
    case 'heal':
      return 'heal';
    case 'verify-points':
    case 'verify-copies':
      return 'check';
    case 'trash-chain':
    case 'hide-copies':
      return 'delete';
    case 'purge-trash':
    case 'purge-copies':
      return 'remove for good';
    default:
      return unreachable(action);
  }
}

/** `3 to run, 1 to repair, 1 to delete (38.2 GiB, blocked); 38 unchanged`: bytes only of what travels, is read, or goes. */
export function countsOf(plan: Plan): string {
  const order: readonly Group[] = ['run', ...groups.filter((group) => group !== 'run')];
  const parts = order.flatMap((group) => {
    const actions = plan.actions.filter((action) => groupOf(action) === group);
    if (actions.length === 0) return [];
    const inside = [...sizes(group, actions), ...blockedWords(actions)].join(', ');
    return [`${actions.length} to ${group}${inside === '' ? '' : ` (${inside})`}`];
  });
  const rest = [
    ...verdictCount(plan, 'up-to-date', 'unchanged'),
    ...verdictCount(plan, 'waiting', 'waiting'),
    ...verdictCount(plan, 'unseen', 'not seen'),
  ].join(', ');
  const todo = parts.length === 0 ? 'nothing to do' : parts.join(', ');
  return rest === '' ? todo : `${todo}; ${rest}`;
}

const sized: ReadonlySet<Group> = new Set(['copy', 'heal', 'check', 'delete', 'remove for good']);

function sizes(group: Group, actions: readonly Action[]): readonly string[] {
  if (!sized.has(group)) return [];
  const known = actions.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
  if (known.length === 0) return [];
  const size = humanBytes(known.reduce((sum, bytes) => sum + bytes, 0));
  return [known.length < actions.length ? `at least ${size}` : size];
}

function blockedWords(actions: readonly Action[]): readonly string[] {
  const blocked = actions.filter(({ blockedBy }) => blockedBy.length > 0).length;
  if (blocked === 0) return [];
  return [blocked === actions.length ? 'blocked' : `${blocked} blocked`];
}

function verdictCount(
  plan: Plan,
  verdict: Plan['domains'][number]['verdict'],
  word: string,
): readonly string[] {
  const count = plan.domains.filter((domain) => domain.verdict === verdict).length;
  return count === 0 ? [] : [`${count} ${word}`];
}

/** A plan in one line, for notifications: `kvm01: 3 to run, 1 to delete (38.2 GiB, blocked); 38 unchanged.` */
export function renderPlanSummary(plan: Plan): string {
  const unseen = plan.observed.filter(({ seen }) => !seen).map(({ part }) => printable(part));
  const withheld = unseen.length === 0 ? '' : ` Not seen: ${unseen.join(', ')}.`;
  return `${printable(plan.host)}: ${countsOf(plan)}.${withheld}`;
}

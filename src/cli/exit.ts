import type { Plan } from '../model/plan.ts';

/** What the program's exit status says; each number has one meaning. */
export const exitCodes = {
  0: 'ok',
  1: 'failed',
  2: 'changes present (only with --detailed-exitcode)',
  3: 'policy invalid, or `fmt --check` differs',
  4: 'blocked by a guard',
  5: 'plan stale, expired or for another host',
  6: 'locked',
  7: 'partly applied',
  8: 'git source refused',
  9: 'observation incomplete (deletions withheld)',
  64: 'usage',
  130: 'interrupted (SIGINT)',
  143: 'interrupted (SIGTERM)',
} as const;

export type ExitCode = keyof typeof exitCodes;

/** Which status wins when several are true, the first one. */
const planOrder = [64, 3, 8, 5, 6, 9, 4, 2, 1, 0] as const satisfies readonly ExitCode[];
const applyOrder = [130, 143, 64, 3, 8, 5, 6, 7, 4, 9, 1, 0] as const satisfies readonly ExitCode[];

function firstOf(order: readonly ExitCode[], codes: readonly ExitCode[]): ExitCode {
  return order.find((code) => codes.includes(code)) ?? 0;
}

/** The facts of a plan that its exit status depends on. */
export interface PlanFacts {
  readonly incomplete: boolean;
  readonly actions: number;
  /** Codes of the guards that block something, and `blocked` for each domain that is. */
  readonly blocking: readonly string[];
}

/** The facts of a plan for its exit status. */
export function planFacts(plan: Plan): PlanFacts {
  return {
    incomplete: plan.incomplete,
    actions: plan.actions.length,
    blocking: [
      ...plan.guards.flatMap(({ code, effect }) => (effect === 'block' ? [code] : [])),
      // A store that cannot be written blocks its domains without a guard of its own.
      ...plan.domains.flatMap(({ verdict }) => (verdict === 'blocked' ? [verdict] : [])),
    ],
  };
}

/** The status of a guard that blocks. */
function guardExit(code: string): ExitCode {
  if (code === 'G101' || code === 'G102' || code === 'G103') return 8;
  if (code === 'G104' || code === 'G301') return 5;
  if (code === 'G105' || code === 'G106') return 3;
  if (code === 'G401') return 6;
  return 4;
}

/** The exit status of `plan`; changes and blocks that can be lifted count only with `--detailed-exitcode`. */
export function planExit(facts: PlanFacts, detailed: boolean): ExitCode {
  const guards = facts.blocking.map(guardExit);
  const always: readonly ExitCode[] = guards.filter((code) => code !== 4);
  const asked: readonly ExitCode[] = detailed ? [...guards, facts.actions > 0 ? 2 : 0] : [];
  return firstOf(planOrder, [...always, ...asked, facts.incomplete ? 9 : 0]);
}

/** The facts of a run that its exit status depends on. */
export interface RunFacts {
  readonly plan: PlanFacts;
  /** Actions that did what they were to do, and those that did not. */
  readonly done: number;
  readonly failed: number;
  readonly stale: number;
  readonly skipped: number;
  readonly interruptedBy: 'SIGINT' | 'SIGTERM' | null;
  /** What was found after the run; null when it was not looked at. */
  readonly converged: boolean | null;
}

/** The exit status of `apply`. */
export function applyExit(facts: RunFacts): ExitCode {
  const codes = facts.plan.blocking.map(guardExit);
  if (facts.interruptedBy !== null) codes.push(facts.interruptedBy === 'SIGINT' ? 130 : 143);
  if (facts.failed + facts.stale + facts.skipped > 0) codes.push(facts.done > 0 ? 7 : 1);
  if (facts.stale > 0 && facts.done + facts.failed === 0) codes.push(5);
  if (facts.plan.incomplete) codes.push(9);
  if (facts.converged === false) codes.push(1);
  return firstOf(applyOrder, codes);
}

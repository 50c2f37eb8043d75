import type { RunReport } from '../executor/run-report.ts';
import type { Plan } from '../model/plan.ts';
import { run } from '../process/run.ts';
import { renderPlanSummary } from '../reporter/plan-counts.ts';
import type { Context } from './context.ts';
import type { Session } from './session.ts';

/** What a notification command gets as JSON on its standard input. */
export interface Notification {
  readonly formatVersion: 1;
  readonly kind: 'notification';
  readonly event: 'failed' | 'blocked' | 'rpo-missed';
  readonly host: string;
  /** One sentence. */
  readonly message: string;
  readonly details: readonly { readonly address: string; readonly message: string }[];
}

/** The notifications that a run gives reason for; none when all is well. */
export function notificationsOf(run: {
  readonly plan: Plan;
  readonly report: RunReport | null;
  /** The plan of the look after the run; null: judge by the plan itself. */
  readonly next: Plan | null;
}): readonly Notification[] {
  const { plan, report } = run;
  const base = { formatVersion: 1, kind: 'notification', host: plan.host } as const;
  const failed = (report?.actions ?? []).flatMap(({ address, outcome }) =>
    outcome.code === 'failed' || outcome.code === 'stale'
      ? [{ address, message: outcome.failure.message }]
      : [],
  );
  const blocked = plan.guards.flatMap(({ code, scope, effect }) =>
    effect === 'block' ? [{ address: scope, message: `blocked by guard ${code}` }] : [],
  );
  const after = run.next ?? plan;
  const missed = after.domains.flatMap(({ domain, freshAt, rpoSeconds }) => {
    const ageSeconds =
      freshAt === null ? null : (Date.parse(after.plannedAt) - Date.parse(freshAt)) / 1000;
    const late = rpoSeconds !== null && (ageSeconds === null || ageSeconds > rpoSeconds);
    const message = freshAt === null ? 'has no point' : `its newest point is of ${freshAt}`;
    return late ? [{ address: `domain/${domain.name}`, message }] : [];
  });
  const summary = renderPlanSummary(plan);
  return [
    {
      ...base,
      event: 'failed',
      message: `${failed.length} actions failed. ${summary}`,
      details: failed,
    },
    { ...base, event: 'blocked', message: `Guards block. ${summary}`, details: blocked },
    {
      ...base,
      event: 'rpo-missed',
      message: `${missed.length} domains miss their RPO.`,
      details: missed,
    },
  ].filter(({ details }) => details.length > 0) as readonly Notification[];
}

// A command that mails or posts takes seconds; the run is over and nobody waits longer.
const timeoutSeconds = 30;

/** Runs the host's notification commands. One that fails is said, and changes nothing else. */
export async function notifyRun(
  context: Context,
  session: Session,
  facts: Parameters<typeof notificationsOf>[0],
): Promise<void> {
  for (const notification of notificationsOf(facts)) {
    for (const { command, on } of session.host.notify) {
      const [program, ...args] = command;
      if (program === undefined || !on.includes(notification.event)) continue;
      const input = `${JSON.stringify(notification)}\n`;
      const result = await run({ program, args, input, timeoutSeconds });
      if (!result.ok)
        context.terminal.err(
          `holdfast: notification ${notification.event}: ${result.error.message}\n`,
        );
    }
  }
}

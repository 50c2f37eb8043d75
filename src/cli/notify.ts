import type { RunReport } from '../executor/run-report.ts';
import { addressOf } from '../model/address.ts';
import { digestOf } from '../model/canonical.ts';
import { escapeSteering } from '../model/escape-steering.ts';
import { secondsBetween } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { HostFile } from '../policy/host-file.ts';
import { run } from '../process/run.ts';
import { renderPlanSummary } from '../reporter/plan-counts.ts';
import { plural } from '../reporter/plural.ts';
import { complain, type Context } from './context.ts';

/** One thing that a notification is about. */
interface Detail {
  readonly address: string;
  readonly message: string;
}

/** What a notification command gets as JSON on its standard input. */
export interface Notification {
  readonly formatVersion: 1;
  readonly kind: 'notification';
  readonly event: 'failed' | 'blocked' | 'rpo';
  readonly host: string;
  /** One sentence. */
  readonly message: string;
  readonly details: readonly Detail[];
}

/** A run that may be worth a notification. */
export interface Notifiable {
  readonly plan: Plan;
  readonly report: RunReport | null;
  /** The plan of the look after the run; null: the plan itself tells. */
  readonly next: Plan | null;
}

/** The notifications that a run gives reason for; none when all is well. */
export function notificationsOf({ plan, report, next }: Notifiable): readonly Notification[] {
  const failed = (report?.actions ?? []).flatMap(({ address, outcome }) =>
    outcome.code === 'failed' || outcome.code === 'stale'
      ? [{ address, message: outcome.failure.message }]
      : [],
  );
  const blocked = plan.guards.flatMap(({ code, scope, effect }) =>
    effect === 'block' ? [{ address: scope, message: `blocked by guard ${code}` }] : [],
  );
  const missed = missedIn(next ?? plan);
  const summary = renderPlanSummary(plan);
  const all: readonly Pick<Notification, 'event' | 'message' | 'details'>[] = [
    {
      event: 'failed',
      message: `${plural(failed.length, 'action')} failed. ${summary}`,
      details: failed,
    },
    { event: 'blocked', message: `A guard blocks. ${summary}`, details: blocked },
    {
      event: 'rpo',
      message: `${plural(missed.length, 'RPO')} missed.`,
      details: missed,
    },
  ];
  return all
    .filter(({ details }) => details.length > 0)
    .map((one) => ({ formatVersion: 1, kind: 'notification', host: plan.host, ...one }));
}

/** Domains whose newest point is older than the policy allows. */
function missedIn({ domains, plannedAt }: Plan): readonly Detail[] {
  return domains.flatMap(({ domain, freshAt, rpoSeconds }): readonly Detail[] => {
    if (rpoSeconds === null) return [];
    if (freshAt !== null && secondsBetween(freshAt, plannedAt) <= rpoSeconds) return [];
    const message = freshAt === null ? 'has no point' : `its newest point is of ${freshAt}`;
    return [{ address: addressOf(domain.name), message }];
  });
}

// A command that mails or posts takes seconds; the run is over and nobody waits longer.
const timeoutSeconds = 30;

/** Runs the host's notification commands. One that fails is said, and changes nothing else. */
export async function notifyRun(
  context: Context,
  { notify }: Pick<HostFile, 'notify'>,
  facts: Notifiable,
): Promise<void> {
  await sendAll(context, notify, notificationsOf(facts));
}

/** What was told last: event → digest of what it was about. */
export type Told = Readonly<Record<string, string>>;

/** The same for a loop: only what is not what was told last. What is over is forgotten, and told again when it comes back. */
export async function notifyChange(
  context: Context,
  { notify }: Pick<HostFile, 'notify'>,
  facts: Notifiable,
  before: Told,
): Promise<Told> {
  const now = notificationsOf(facts).map((one) => {
    // Without the message: it has counts of what else the plan does.
    const digest = digestOf(one.details);
    return { one, digest };
  });
  const news = now.filter(({ one, digest }) => before[one.event] !== digest);
  await sendAll(
    context,
    notify,
    news.map(({ one }) => one),
  );
  return Object.fromEntries(now.map(({ one, digest }) => [one.event, digest]));
}

async function sendAll(
  context: Context,
  notify: HostFile['notify'],
  notifications: readonly Notification[],
): Promise<void> {
  for (const notification of notifications) {
    for (const { command, on } of notify) {
      if (!on.includes(notification.event)) continue;
      const [program, ...args] = command;
      const input = `${escapeSteering(JSON.stringify(notification))}\n`;
      const result = await run({ program, args, input, timeoutSeconds });
      if (!result.ok) {
        const { message } = result.error;
        complain(context, `notification ${notification.event}: ${message}`);
      }
    }
  }
}

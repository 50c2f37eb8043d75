import type { LastRound } from '../agent/agent-state.ts';
import type { Wake } from '../agent/alarm.ts';
import type { Planned, Stage } from '../loop/means.ts';
import type { RunEvent } from '../model/event.ts';
import { instantOf, type Instant } from '../model/instant.ts';
import { eventWords, renderEvent } from '../reporter/event.ts';
import { plural } from '../reporter/plural.ts';
import { printable } from '../reporter/printable.ts';
import type { Context } from './context.ts';
import { sayPlan } from './print-plan.ts';

/** What the agent says of itself, beside the events of its runs. */
type AgentEvent =
  | { readonly kind: 'agent-started'; readonly mode: string; readonly intervalSeconds: number }
  | { readonly kind: 'agent-listening'; readonly url: string }
  | { readonly kind: 'agent-woke'; readonly wakes: readonly Wake[] }
  | { readonly kind: 'agent-round'; readonly round: LastRound; readonly nextAt: Instant | null }
  | { readonly kind: 'agent-warning' | 'agent-note'; readonly message: string }
  | {
      readonly kind: 'agent-stopping';
      readonly by: string;
      /** A second signal: nothing is waited for. */
      readonly atOnce: boolean;
    };

/** The agent's log: lines for people on standard error, or one line of JSON each on standard output. */
export class AgentLog {
  readonly #context: Context;
  #lastSummary = '';
  #lastPlan = '[]';

  constructor(context: Context) {
    this.#context = context;
  }

  /** Says something of the agent itself. A round that went like the one before is said in JSON, and with `-v`, alone. */
  say(event: AgentEvent): void {
    const { terminal, globals, clock } = this.#context;
    const at = instantOf(clock.now());
    if (globals.json === true) {
      terminal.out(`${JSON.stringify({ formatVersion: 1, at, ...event })}\n`);
      return;
    }
    const text = textOf(event);
    if (event.kind === 'agent-woke' && globals.verbose !== true) return;
    if (event.kind === 'agent-round') {
      const isNews = text !== this.#lastSummary;
      this.#lastSummary = text;
      if (!isNews && globals.verbose !== true) return;
    }
    const isBad = event.kind === 'agent-warning';
    if (globals.quiet === true && !isBad) return;
    terminal.err(`${isBad ? 'holdfast: ' : ''}${text.split('\n').map(printable).join('\n')}\n`);
  }

  /** Shows a plan that is not like the last one, and tells its run. `isShown` false: the mode is to look alone. */
  stage({ plan }: Planned, isShown: boolean, signal: AbortSignal, heard: () => void): Stage {
    const { globals } = this.#context;
    const key = JSON.stringify(plan.actions.map(({ id, blockedBy }) => [id, blockedBy]));
    const isNews = key !== this.#lastPlan && plan.actions.length > 0;
    this.#lastPlan = key;
    if (isShown && isNews && globals.json !== true)
      sayPlan(this.#context, plan, { planFile: null, policy: null });
    // Most plans have nothing to tell of, and to learn the words of one takes longer than to look at it.
    let words: ReturnType<typeof eventWords> | null = null;
    const emit = (event: RunEvent): void => {
      heard();
      const { terminal } = this.#context;
      if (globals.json === true) terminal.out(`${JSON.stringify(event)}\n`);
      else if (event.kind !== 'progress' && globals.quiet !== true) {
        words ??= eventWords(plan, { color: false, verbose: globals.verbose === true });
        const line = renderEvent(event, words);
        if (line !== null) terminal.err(`${line}\n`);
      }
    };
    return { emit, signal };
  }
}

function textOf(event: AgentEvent): string {
  switch (event.kind) {
    case 'agent-started':
      return `agent started: at most mode ${event.mode}, a look every ${event.intervalSeconds} s and whenever something happens`;
    case 'agent-listening':
      return `tells metrics and status at ${event.url}`;
    case 'agent-woke':
      return `woke: ${event.wakes.map(wakeWords).join(', ')}`;
    case 'agent-round':
      return roundWords(event.round);
    case 'agent-warning':
    case 'agent-note':
      return event.message;
    default:
      return event.atOnce
        ? `${event.by}: ended at once. The journal says where; the next round repairs it.`
        : `${event.by}: stopping. A job that runs is ended and cleaned up; once more ends it at once.`;
  }
}

/** Why it looks: `libvirt (domain/web01 Stopped Crashed)`. */
export function wakeWords({ why, detail }: Wake): string {
  return detail === null ? why : `${why} (${detail})`;
}

/** What a round came to, without instants, so that one like the last can be told. */
export function roundWords(round: LastRound): string {
  const { mode, trouble, done, failed, withheld } = round;
  const parts = [
    ...(done === 0 ? [] : [`${done} done`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(withheld === 0 ? [] : [`${withheld} withheld`]),
  ];
  const what = parts.length === 0 ? 'nothing to do' : parts.join(', ');
  return `round (${mode}): ${trouble ?? what}`;
}

/** What a service manager is told while a plan is carried out. */
export const workWords = (mode: string, actions: number): string =>
  `mode ${mode}; at work on a plan of ${plural(actions, 'action')}`;

/** `1 action waits for a person`, for a service manager's status line. */
export function statusWords(round: LastRound, nextAt: Instant): string {
  const waits = round.withheld === 0 ? '' : `; ${plural(round.withheld, 'action')} withheld`;
  const what = round.trouble ?? `${round.done} done, ${round.failed} failed${waits}`;
  return `mode ${round.mode}; last round ${wholeSeconds(round.at)}: ${what}; next at ${wholeSeconds(nextAt)}`;
}

/** Nobody reads the thousandths. */
const wholeSeconds = (at: Instant): string => at.replace(/\.\d+Z$/, 'Z');

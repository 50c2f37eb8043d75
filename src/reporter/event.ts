import type { Action } from '../model/action.ts';
import type { RunEvent } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import { unreachable } from '../model/result.ts';
import { actionWords } from './action-words.ts';
import { paint, type Style } from './color.ts';
import { padTo } from './display-width.ts';
import { drillStep } from './drill-words.ts';
import { humanBytes } from './human-bytes.ts';
import { outcomeLabel, outcomeStyles, outcomeWords } from './outcomes.ts';
import { planShortener, shortAddress } from './plan-rows.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { zonedClock, type ZonedClock } from './zoned-clock.ts';

/** How the lines of one run are written: prepared once, for there may be many. */
export interface EventWords {
  readonly clock: ZonedClock;
  /** Address and words of an action: `domain/web01  increment 0006 on 0005, 1.2 GiB`. */
  readonly name: (action: string) => { readonly address: string; readonly what: string };
  readonly verbose: boolean;
  readonly color: boolean;
}

/** Prepares the lines of a run of this plan. */
export function eventWords(
  plan: Plan,
  options: { readonly color: boolean; readonly verbose: boolean },
): EventWords {
  const shorten = planShortener(plan, options.verbose);
  const actions = new Map<string, Action>(plan.actions.map((action) => [action.id, action]));
  return {
    clock: zonedClock(plan.policy.timezone),
    name: (id) => {
      const action = actions.get(id);
      return action === undefined
        ? { address: printable(id), what: '' }
        : {
            address: shortAddress(action.address, shorten),
            what: actionWords(action, shorten),
          };
    },
    ...options,
  };
}

/** One line of a run for a log or a pipe, without a newline; null for what only a journal needs. */
export function renderEvent(event: RunEvent, words: EventWords): string | null {
  const line = (label: string, style: Style | null, ...texts: readonly string[]): string => {
    const text = texts.filter((part) => part !== '').join('  ');
    return `${words.clock.time(event.at)}  ${paint(padTo(label, 8), style, words.color)} ${text}`.trimEnd();
  };
  switch (event.kind) {
    case 'run-started':
      return line('run', 'bold', `${event.run}, ${plural(event.actions, 'action')}`);
    case 'action-started': {
      const { what } = words.name(event.action);
      return line(
        'start',
        'cyan',
        words.name(event.action).address,
        what === '' ? event.what : what,
      );
    }
    case 'progress':
      return line('still', null, words.name(event.action).address, progressWords(event));
    case 'warning': {
      const address = event.action === null ? '' : words.name(event.action).address;
      return line('warning', 'yellow', address, printable(event.failure.message));
    }
    case 'action-finished': {
      const { code } = event.outcome;
      const text = outcomeText(event.outcome, words);
      return line(outcomeLabel(code), outcomeStyles[code], words.name(event.action).address, text);
    }
    case 'step': {
      const drill = drillStep(event);
      if (drill !== null) return line('drill', 'cyan', words.name(event.action).address, drill);
      if (!words.verbose) return null;
      return line(
        'step',
        'dim',
        words.name(event.action).address,
        `${printable(event.step)}${event.path === null ? '' : ` ${printable(event.path)}`}`,
      );
    }
    case 'intent':
      return words.verbose
        ? line('intent', 'dim', words.name(event.action).address, event.intent.kind)
        : null;
    case 'intent-closed':
      return words.verbose
        ? line('closed', 'dim', words.name(event.action).address, event.intent)
        : null;
    case 'run-finished':
      return line(
        'end',
        'bold',
        `${event.done} done, ${event.failed} failed, ${event.skipped} skipped${event.interrupted ? ', interrupted' : ''}`,
      );
    default:
      return unreachable(event);
  }
}

/** What an outcome says, with the address of the action that was in the way. */
export function outcomeText(
  outcome: Extract<RunEvent, { kind: 'action-finished' }>['outcome'],
  words: EventWords,
): string {
  if (outcome.code !== 'skipped') return outcomeWords(outcome);
  if (outcome.because === 'interrupted') return 'the run was stopped before it';
  const { address, what } = words.name(outcome.because);
  return `not done before it: ${address}${what === '' ? '' : `, ${what}`}`;
}

/** How far a copy is: `600 MiB of 1.2 GiB (49 %)`. */
export function progressWords(progress: {
  readonly doneBytes: number;
  readonly totalBytes: number | null;
}): string {
  const { doneBytes, totalBytes } = progress;
  if (totalBytes === null || totalBytes <= 0) return humanBytes(doneBytes);
  // An increment may turn out larger than its estimate: never more than 99 % before the end.
  const percent = Math.min(99, Math.floor((100 * doneBytes) / totalBytes));
  return `${humanBytes(doneBytes)} of ${humanBytes(totalBytes)} (${percent} %)`;
}

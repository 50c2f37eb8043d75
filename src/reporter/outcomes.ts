import type { Outcome } from '../model/event.ts';
import { unreachable } from '../model/result.ts';
import type { Style } from './color.ts';
import { humanBytes } from './human-bytes.ts';
import { humanDuration } from './human-duration.ts';
import { printable } from './printable.ts';

/** What each outcome means, for `explain`. */
export const outcomeTexts: Readonly<Record<Outcome['code'], string>> = {
  done: 'The action was done, and a fresh look found what it should have made.',
  already:
    'Nothing had to be done: somebody else, or a run that died after it, had done it since the plan was made.',
  stale:
    'Something that the action relies on changed since the plan was made, so it was not begun. The next plan looks again.',
  waiting:
    'Nothing is wrong, but it cannot be done now: another job works on the domain, or another run holds its lock. The next plan tries again.',
  skipped:
    'An action that it depends on was not done, or the run had been stopped before it began.',
  failed:
    'It was begun and could not be completed. What it had changed was undone, or the next plan shows the repair. It is retried only by a new plan.',
  interrupted:
    'The run was stopped while it was at work. The next plan shows what is left to be tidied.',
};

export const outcomeStyles: Readonly<Record<Outcome['code'], Style>> = {
  done: 'green',
  already: 'green',
  stale: 'yellow',
  waiting: 'yellow',
  skipped: 'yellow',
  failed: 'red',
  interrupted: 'red',
};

/** The word of an outcome at the beginning of a line: none is longer than eight letters. */
export const outcomeLabel = (code: Outcome['code']): string =>
  code === 'interrupted' ? 'stopped' : code;

/** What an outcome says beside its word: `1.2 GiB in 41 s`, or why not. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome.code) {
    case 'done': {
      const { usableSeconds } = outcome;
      if (usableSeconds !== undefined) return `usable after ${usableSeconds.toFixed(1)} s`;
      const size = outcome.bytes === null ? '' : `${humanBytes(outcome.bytes)} `;
      return `${size}in ${humanDuration(outcome.seconds)}`;
    }
    case 'already':
      return 'was done before';
    case 'stale':
    case 'waiting':
    case 'failed':
      return `${printable(outcome.failure.code)}: ${printable(outcome.failure.message)}`;
    case 'skipped':
      return `because of ${printable(outcome.because)}`;
    case 'interrupted':
      return 'by a signal; what it had begun is undone';
    default:
      return unreachable(outcome);
  }
}

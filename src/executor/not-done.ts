import type { Outcome } from '../model/event.ts';
import { fail, type Failure, type Result } from '../model/result.ts';

/** Why an action did not do what it says; the scheduler makes an outcome of it. */
export type NotDone = Extract<Outcome, { code: 'stale' | 'waiting' | 'failed' | 'interrupted' }>;

/** What an action did; bytes written or freed, null when not known. */
export type Applied =
  | {
      readonly code: 'done';
      readonly bytes: number | null;
      /** Of a drill. */
      readonly usableSeconds?: number;
    }
  | { readonly code: 'already' };

/** Whether an action can begin, or need not. */
export type Checked = Result<'ready' | 'already', NotDone>;

/** A precondition no longer holds: another plan is needed. */
export function stale(code: string, message: string) {
  return fail<NotDone>({ code: 'stale', failure: { code, message } });
}

/** Nothing is wrong, but not now. */
export function waiting(code: string, message: string) {
  return fail<NotDone>({ code: 'waiting', failure: { code, message } });
}

/** Something went wrong. */
export function failed(failure: Failure) {
  return fail<NotDone>({
    code: 'failed',
    failure: { code: failure.code, message: failure.message },
  });
}

/** Stopped by a signal. */
export const interrupted = fail<NotDone>({ code: 'interrupted' });

/** A failure with the words of what was being done before it. */
export function during(what: string, failure: Failure): Failure {
  return { code: failure.code, message: `${what}: ${failure.message}` };
}

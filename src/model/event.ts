import type { Action } from './action.ts';
import type { RunId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { OpenIntent } from './observed.ts';
import type { Failure } from './result.ts';

/** How an action ended. */
export type Outcome =
  | {
      readonly code: 'done';
      readonly bytes: number | null;
      readonly seconds: number;
      /** Of a drill: from the start of the machine to its answer. */
      readonly usableSeconds?: number;
    }
  /** Done meanwhile by somebody else, or by a run that died after it. */
  | { readonly code: 'already' }
  /** A precondition no longer holds. */
  | { readonly code: 'stale'; readonly failure: Failure }
  /** Nothing is wrong, but not now: a foreign job, a block job. */
  | { readonly code: 'waiting'; readonly failure: Failure }
  | { readonly code: 'skipped'; readonly because: string }
  | { readonly code: 'failed'; readonly failure: Failure }
  | { readonly code: 'interrupted' };

/**
 * One line of a journal, of `apply --json` and of history (schema events.v1).
 * Each has the run, a number that counts from 1, and the instant.
 */
export type RunEvent = {
  readonly formatVersion: 1;
  readonly run: RunId;
  readonly number: number;
  readonly at: Instant;
} & EventBody;

export type EventBody =
  | {
      readonly kind: 'run-started';
      readonly plan: string;
      readonly purpose: string;
      readonly host: string;
      readonly pid: number;
      readonly actions: number;
    }
  | {
      readonly kind: 'action-started';
      readonly action: string;
      readonly what: Action['kind'];
      readonly address: string;
    }
  /** Written and fsynced before a side effect outside the store; `closed` when it is undone or complete. */
  | { readonly kind: 'intent'; readonly action: string; readonly intent: OpenIntent }
  | { readonly kind: 'intent-closed'; readonly action: string; readonly intent: OpenIntent['kind'] }
  /** A change to the store, before it is made: incoming, publish, trash, purge … */
  | {
      readonly kind: 'step';
      readonly action: string;
      readonly step: string;
      readonly path: string | null;
    }
  | {
      readonly kind: 'progress';
      readonly action: string;
      readonly doneBytes: number;
      readonly totalBytes: number | null;
    }
  | { readonly kind: 'warning'; readonly action: string | null; readonly failure: Failure }
  | { readonly kind: 'action-finished'; readonly action: string; readonly outcome: Outcome }
  | {
      readonly kind: 'run-finished';
      readonly done: number;
      readonly failed: number;
      readonly skipped: number;
      readonly interrupted: boolean;
      /** Whether observing and planning again gave no action; null when it was not looked at. */
      readonly converged: boolean | null;
    };

import type { Action } from '../model/action.ts';
import type { ObservedDirectory } from '../model/observed-store.ts';

/** A law that a plan breaks: our own mistake, or a plan file that somebody wrote by hand. */
export interface PlanProblem {
  readonly code: string;
  readonly message: string;
}

/** Directories of ready stores by `STORE/DIRECTORY`. */
export type Directories = ReadonlyMap<string, ObservedDirectory>;

/** One law that an action breaks. */
export const problem = (code: string, action: Action, why: string): PlanProblem => ({
  code,
  message: `${action.id} ${why}`,
});

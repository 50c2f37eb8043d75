import type { Action } from '../model/action.ts';
import type { Result } from '../model/result.ts';
import type { Applied, Checked, NotDone } from './not-done.ts';
import type { Tools } from './tools.ts';

/** How one kind of action is done. */
export interface Performer<A extends Action> {
  /** Whether its preconditions hold, now; changes nothing (G303). */
  check(action: A, tools: Tools): Promise<Checked>;
  /** Does it. The preconditions were checked right before. */
  apply(action: A, tools: Tools): Promise<Result<Applied, NotDone>>;
}

import type { Action } from '../model/action.ts';
import { type Result, unreachable } from '../model/result.ts';
import { abortJob } from './abort-job.ts';
import { backup } from './backup.ts';
import { copyPoints } from './copy-points.ts';
import { createStore } from './create-store.ts';
import { discardFiles } from './discard-files.ts';
import { drill } from './drill.ts';
import { dropCheckpoint } from './drop-checkpoint.ts';
import { endDrill } from './end-drill.ts';
import { heal } from './heal.ts';
import { hideCopies } from './hide-copies.ts';
import type { Applied, Checked, NotDone } from './not-done.ts';
import type { Performer } from './performer.ts';
import { purgeCopies } from './purge-copies.ts';
import { putBackImages } from './put-back.ts';
import { redefineCheckpoint } from './redefine-checkpoint.ts';
import { discardIncoming, purgeTrash } from './remove-from-store.ts';
import { restorePowerState } from './restore-power-state.ts';
import { restore } from './restore.ts';
import { thawDomain } from './thaw-domain.ts';
import type { Tools } from './tools.ts';
import { trashChain } from './trash-chain.ts';
import { untrack } from './untrack.ts';
import { verifyCopies } from './verify-copies.ts';
import { verifyPoints } from './verify-points.ts';

/** An action together with the code that does its kind. */
export interface Performable {
  check(tools: Tools): Promise<Checked>;
  apply(tools: Tools): Promise<Result<Applied, NotDone>>;
}

/** Finds the code for an action. */
export function performable(action: Action): Performable {
  switch (action.kind) {
    case 'create-store':
      return bind(createStore, action);
    case 'abort-job':
      return bind(abortJob, action);
    case 'thaw-domain':
      return bind(thawDomain, action);
    case 'restore-power-state':
      return bind(restorePowerState, action);
    case 'put-back':
      return bind(putBackImages, action);
    case 'discard-files':
      return bind(discardFiles, action);
    case 'discard-incoming':
      return bind(discardIncoming, action);
    case 'drop-checkpoint':
      return bind(dropCheckpoint, action);
    case 'redefine-checkpoint':
      return bind(redefineCheckpoint, action);
    case 'backup':
      return bind(backup, action);
    case 'trash-chain':
      return bind(trashChain, action);
    case 'purge-trash':
      return bind(purgeTrash, action);
    case 'restore':
      return bind(restore, action);
    case 'untrack':
      return bind(untrack, action);
    case 'copy-points':
      return bind(copyPoints, action);
    case 'hide-copies':
      return bind(hideCopies, action);
    case 'purge-copies':
      return bind(purgeCopies, action);
    case 'drill':
      return bind(drill, action);
    case 'end-drill':
      return bind(endDrill, action);
    case 'verify-points':
      return bind(verifyPoints, action);
    case 'verify-copies':
      return bind(verifyCopies, action);
    case 'heal':
      return bind(heal, action);
    default:
      return unreachable(action);
  }
}

function bind<A extends Action>(performer: Performer<A>, action: A): Performable {
  return {
    check: (tools) => performer.check(action, tools),
    apply: (tools) => performer.apply(action, tools),
  };
}

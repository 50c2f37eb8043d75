import type { Backup } from './backup-action.ts';
import type { CheckAction } from './check-action.ts';
import type { DropCheckpoint, RedefineCheckpoint, Untrack } from './checkpoint-action.ts';
import type { CopyPoints, HideCopies, PurgeCopies } from './copy-action.ts';
import type { DrillAction, EndDrill } from './drill-action.ts';
import type {
  AbortJob,
  DiscardFiles,
  DiscardIncoming,
  RestorePowerState,
  ThawDomain,
} from './repair-action.ts';
import type { PutBack, Restore } from './restore-action.ts';
import type { CreateStore, PurgeTrash, TrashChain } from './store-action.ts';

/** A step of a plan, complete in itself: the executor has nothing to choose. */
export type Action =
  | CreateStore
  | AbortJob
  | ThawDomain
  | RestorePowerState
  | DiscardIncoming
  | DropCheckpoint
  | RedefineCheckpoint
  | Backup
  | TrashChain
  | PurgeTrash
  | Restore
  | PutBack
  | DiscardFiles
  | Untrack
  | CopyPoints
  | HideCopies
  | PurgeCopies
  | CheckAction
  | DrillAction;

export type ActionKind = Action['kind'];

/** What deletes points or trackers, and so is withheld when something was not seen (I4). */
export const destructiveKinds: ReadonlySet<ActionKind> = new Set([
  'trash-chain',
  'purge-trash',
  'drop-checkpoint',
  'untrack',
  'hide-copies',
  'purge-copies',
]);

/** An action that puts right what a run that died, or libvirt, left behind. */
export type Repair =
  | AbortJob
  | ThawDomain
  | RestorePowerState
  | PutBack
  | DiscardFiles
  | EndDrill
  | DiscardIncoming
  | DropCheckpoint
  | RedefineCheckpoint;

const repairs: Readonly<Record<Repair['kind'], true>> = {
  'abort-job': true,
  'thaw-domain': true,
  'restore-power-state': true,
  'put-back': true,
  'discard-files': true,
  'end-drill': true,
  'discard-incoming': true,
  'drop-checkpoint': true,
  'redefine-checkpoint': true,
};

/** Whether an action is a repair: nobody's policy asks for it. */
export const isRepair = (action: Action): action is Repair => Object.hasOwn(repairs, action.kind);

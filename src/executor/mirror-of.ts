import type { Action } from '../model/action.ts';
import type { MirrorRef } from '../model/copy-action.ts';

/** The mirror that an action works on; null for what is done on this host. */
export function mirrorOf(action: Action): MirrorRef | null {
  return action.kind === 'copy-points' ||
    action.kind === 'hide-copies' ||
    action.kind === 'purge-copies' ||
    action.kind === 'verify-copies' ||
    action.kind === 'heal'
    ? action.mirror
    : null;
}

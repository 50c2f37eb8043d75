import type { Action, MirrorRef } from '../model/action.ts';

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

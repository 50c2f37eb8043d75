import type { Backup } from '../../model/backup-action.ts';
import type { ObservedTip } from '../../model/observed-store.ts';

/** What the next increment builds on after a backup. */
export function tipAfter(action: Backup): ObservedTip {
  return {
    chain: action.chain,
    point: action.point,
    directory: action.pointDirectory,
    checkpoint: action.checkpoint,
    definitionDigest: action.definitionDigest,
    disks: action.disks.map(({ target, file, source, sizeBytes, tracked }) => ({
      target,
      file,
      source,
      sizeBytes: sizeBytes ?? 0,
      tracked,
    })),
  };
}

import { type Action, isRepair } from '../model/action.ts';
import type { Backup } from '../model/backup-action.ts';
import type { PurgeCopies } from '../model/copy-action.ts';
import type { Drill } from '../model/drill-action.ts';
import type { Restore } from '../model/restore-action.ts';
import { unreachable } from '../model/result.ts';
import type { PurgeTrash } from '../model/store-action.ts';
import type { Depth } from '../model/verification.ts';
import { aboutBytes, humanBytes } from './human-bytes.ts';
import { humanPeriod } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { Shorten } from './short-id.ts';

/** The sign of an action: `+` create, `>` run, `~` change, `-` delete. */
export function signOf(action: Action): '+' | '>' | '~' | '-' {
  if (isRepair(action)) return '~';
  switch (action.kind) {
    case 'create-store':
      return '+';
    case 'backup':
    case 'restore':
    case 'copy-points':
    case 'drill':
    case 'verify-points':
    case 'verify-copies':
      return '>';
    case 'trash-chain':
    case 'purge-trash':
    case 'hide-copies':
    case 'purge-copies':
      return '-';
    case 'untrack':
    case 'heal':
      return '~';
    default:
      return unreachable(action);
  }
}

/** What an action does, for the line of a plan: `increment 0006 on 0005, 1.2 GiB`. */
export function actionWords(action: Action, shorten: Shorten): string {
  switch (action.kind) {
    case 'create-store':
      return `create a store at ${printable(action.store.path)}`;
    case 'abort-job':
      return `end the backup job of run ${action.run}`;
    case 'thaw-domain':
      return `thaw the guest that run ${action.run} froze`;
    case 'restore-power-state':
      return `stop it again, run ${action.run} had started it`;
    case 'discard-incoming':
      return `discard an unfinished point${sizeSuffix(action.bytes)}`;
    case 'drop-checkpoint':
      return `drop ${action.listed ? 'checkpoint' : 'leftover bitmap'} ${shorten(action.checkpoint)}`;
    case 'redefine-checkpoint':
      return `redefine checkpoint ${shorten(action.checkpoint)}`;
    case 'backup':
      return backupWords(action);
    case 'copy-points':
      return `copy ${pointsWords(action)}`;
    case 'verify-points':
    case 'verify-copies':
      return `check ${pointsWords(action)}, ${depthWords(action.depth)}`;
    case 'heal':
      return `heal from ${printable(action.mirror.name)}${sizeSuffix(action.bytes)}`;
    case 'trash-chain':
    case 'hide-copies':
      return pointsWords(action);
    case 'purge-copies':
      return `remove ${plural(action.points.length, 'deleted point')} for good${freesWords(action)}`;
    case 'purge-trash':
      return `remove from the trash for good${freesWords(action)}`;
    case 'restore':
      return restoreWords(action);
    case 'put-back':
      return `put back ${plural(action.swaps.length, 'file')} that run ${action.run} set aside`;
    case 'discard-files':
      return `remove ${plural(action.paths.length, 'file')} that run ${action.run} left${sizeSuffix(action.bytes)}`;
    case 'drill':
      return drillWords(action);
    case 'end-drill':
      return `end the drill of run ${action.run}${sizeSuffix(action.bytes)}`;
    case 'untrack':
      return `drop ${plural(action.checkpoints.length, 'checkpoint')}; the next point is a full`;
    default:
      return unreachable(action);
  }
}

/** How thoroughly points are checked. */
export function depthWords(depth: Depth): string {
  switch (depth) {
    case 'structure':
      return 'structure only';
    case 'hash':
      return 'every byte';
    case 'replay':
      return 'every byte and through the chain';
    default:
      return unreachable(depth);
  }
}

/** `3 points 1.2 GiB`: what goes, or travels. */
export function pointsWords({
  points,
  bytes,
}: {
  readonly points: readonly unknown[];
  readonly bytes: number | null;
}): string {
  const size = bytes === null ? '' : ` ${humanBytes(bytes)}`;
  return `${plural(points.length, 'point')}${size}`;
}

/** `, frees 38 GiB`; what lies at a mirror may share blocks there, and nobody here can tell. */
function freesWords(action: PurgeTrash | PurgeCopies): string {
  if (action.bytes === null) return '';
  const isMost = action.kind === 'purge-copies' || action.freesAtMost === true;
  return `, frees ${isMost ? 'up to ' : ''}${humanBytes(action.bytes)}`;
}

const sizeSuffix = (bytes: number | null): string =>
  bytes === null ? '' : `, ${humanBytes(bytes)}`;

const sequenceText = (sequence: number): string => String(sequence).padStart(4, '0');

function backupWords(action: Backup): string {
  const full = action.disks.filter(({ level }) => level === 'full').map(({ target }) => target);
  const parent = /^\d+/.exec(action.parent?.directory ?? '')?.[0] ?? '?';
  if (action.level === 'full') {
    return `full${action.bytes === null ? ', size not known' : `, ${aboutBytes(action.bytes)}`}`;
  }
  const size =
    action.bytes === null
      ? 'size not known'
      : action.bytesFrom === 'history'
        ? aboutBytes(action.bytes)
        : humanBytes(action.bytes);
  const mixed = full.length === 0 ? '' : `; ${printable(full.join(', '))} whole`;
  return `increment ${sequenceText(action.sequence)} on ${parent}, ${size}${mixed}`;
}

const waitWords: Readonly<Record<Drill['wait'], string>> = {
  agent: 'its agent',
  port: 'its port',
  none: 'nothing',
};

function drillWords({ wait, port, script, from, timeoutSeconds }: Drill): string {
  const asked = port === null ? waitWords[wait] : `${waitWords[wait]} ${port}`;
  const then = script === null ? '' : `, then script ${printable(script)}`;
  const where = from === null ? '' : ` from ${printable(from.mirror)}`;
  return `drill${where}: boot it, ask ${asked}${then}, within ${humanPeriod(timeoutSeconds)}`;
}

function restoreWords(action: Restore): string {
  const images = `${plural(action.images.length, 'disk')}${sizeSuffix(action.bytes)}`;
  const name = action.define === null ? '' : printable(action.define.name);
  switch (action.mode) {
    case 'new':
      return `as domain ${name}, ${images}`;
    case 'in-place':
      return `in place, over what is there, ${images}`;
    case 'images-only':
      return `images only, ${images}`;
    case 'instant':
      return `as domain ${name} on overlays, at once, ${images}`;
    default:
      return unreachable(action.mode);
  }
}

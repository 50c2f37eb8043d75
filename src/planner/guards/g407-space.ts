import type { Action, Backup } from '../../model/action.ts';
import { bytesOfAmount } from '../../model/amount.ts';
import type { Guard } from '../../model/plan.ts';
import type { StoreSituation } from '../planning.ts';
import { finding, type GuardContext, type GuardRule } from './guard-context.ts';

// The scratch file of a running guest takes the old content of what the guest
// overwrites. The watcher looks several times a second; at 200 MiB/s of writes
// this is room for it to see the end coming and to abort the job.
const scratchFloorBytes = 256 * 1024 ** 2;

// What a guest writes while it boots: logs, a file system that was not clean, a page file. With less left
// of it the drill is ended, so this only says that it is worth to begin.
const drillFloorBytes = 512 * 1024 ** 2;

/**
 * G407: a backup that would eat into the reserve of its store does not start,
 * and nothing is deleted to make room. Backups count in the order of the plan;
 * a smaller one behind may still fit. A running guest needs scratch too, and so does a drill.
 */
export const g407Space: GuardRule = (context) => [
  ...context.planning.stores.flatMap((store) => storeFindings(context, store)),
  ...scratchFindings(context),
];

function storeFindings({ actions }: GuardContext, store: StoreSituation): readonly Guard[] {
  const state = store.observed?.state;
  if (state === undefined || state.kind === 'unseen') return [];
  const own = actions.filter(
    (action): action is Backup => action.kind === 'backup' && action.store.name === store.name,
  );
  const reserveBytes = bytesOfAmount(store.desired.reserve, state.totalBytes);
  let left = state.freeBytes - reserveBytes;
  const blocked: Backup[] = [];
  for (const action of own) {
    const needed = neededBytes(action);
    if (needed > left || left <= 0) blocked.push(action);
    else left -= needed;
  }
  if (blocked.length === 0) return [];
  return [
    finding({
      code: 'G407',
      scope: `store/${store.name}`,
      effect: 'block',
      overridable: true,
      actions: blocked,
      facts: {
        freeBytes: state.freeBytes,
        reserveBytes,
        neededBytes: own.reduce((sum, action) => sum + neededBytes(action), 0),
      },
    }),
  ];
}

/** The estimate; of a full whose allocation nobody knows, its virtual size. */
function neededBytes({ disks }: Backup): number {
  return disks.reduce(
    (sum, { estimateBytes, level, sizeBytes }) =>
      sum + (estimateBytes ?? (level === 'full' ? (sizeBytes ?? 0) : 0)),
    0,
  );
}

function scratchBytes(action: Action): number {
  if (action.kind === 'drill') return drillFloorBytes;
  return action.kind === 'backup' && action.power === 'running' ? scratchFloorBytes : 0;
}

function scratchFindings({ planning, actions }: GuardContext): readonly Guard[] {
  const { scratch } = planning.observed;
  if (!scratch.seen) return [];
  const { freeBytes, limitBytes } = scratch.value;
  const room = Math.min(freeBytes, limitBytes ?? Infinity);
  const blocked = actions.filter((action) => scratchBytes(action) > room);
  if (blocked.length === 0) return [];
  return [
    finding({
      code: 'G407',
      scope: 'scratch',
      effect: 'block',
      overridable: true,
      actions: blocked,
      facts: {
        freeBytes: room,
        reserveBytes: 0,
        neededBytes: Math.max(...blocked.map(scratchBytes)),
      },
    }),
  ];
}

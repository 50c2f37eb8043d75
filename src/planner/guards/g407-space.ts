import type { Action } from '../../model/action.ts';
import type { Guard } from '../../model/plan.ts';
import {
  fitting,
  madeFree,
  neededBytes,
  spacePlaces,
  writersAt,
  type SpacePlace,
} from '../space.ts';
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
 * nor a copy that would eat into its mirror's, and nothing is deleted to make
 * room. They count in the order of the plan, above what the purges before them
 * make free; a smaller one behind may still fit. A running guest needs scratch too, and so does a drill.
 */
export const g407Space: GuardRule = (context) => [
  ...spacePlaces(context.planning).flatMap((place) => placeFindings(context, place)),
  ...scratchFindings(context),
];

function placeFindings(
  { actions }: GuardContext,
  { scope, freeBytes, reserveBytes }: SpacePlace,
): readonly Guard[] {
  const writers = writersAt(actions, scope);
  const purgedBytes = madeFree(actions, scope);
  const fits = fitting(writers, freeBytes + purgedBytes - reserveBytes);
  const blocked = writers.filter((action) => !fits.has(action));
  if (blocked.length === 0) return [];
  return [
    finding({
      code: 'G407',
      scope,
      effect: 'block',
      overridable: true,
      actions: blocked,
      facts: {
        freeBytes,
        reserveBytes,
        neededBytes: writers.reduce((sum, action) => sum + neededBytes(action), 0),
        ...(purgedBytes === 0 ? {} : { purgedBytes }),
      },
    }),
  ];
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

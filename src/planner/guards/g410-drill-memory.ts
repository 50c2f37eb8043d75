import { finding, type GuardRule } from './guard-context.ts';

// What the host keeps for itself and for the machines that run here when one more has taken its memory.
const reserveBytes = 256 * 1024 ** 2;

/**
 * G410: a drill does not take memory that the host does not have. Drills are made one at a time, so each
 * is asked for alone. Nothing is wrong then: the next plan asks again.
 */
export const g410DrillMemory: GuardRule = ({ planning, actions }) => {
  const host = planning.observed.drills;
  if (host === undefined) return [];
  const blocked = actions.filter(
    (action) =>
      action.kind === 'drill' && action.memoryLimitBytes + reserveBytes > host.availableMemoryBytes,
  );
  if (blocked.length === 0) return [];
  return [
    finding({
      code: 'G410',
      scope: 'host',
      effect: 'withhold',
      overridable: true,
      actions: blocked,
      facts: {
        availableBytes: host.availableMemoryBytes,
        neededBytes: host.memoryLimitBytes + reserveBytes,
      },
    }),
  ];
};

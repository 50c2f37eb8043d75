import { expect, it } from 'vitest';
import type { Fault, FaultHow } from '../../src/simulator/fault.ts';
import { runStory } from '../../src/simulator/run-story.ts';
import type { AskDeed, Step } from '../../src/simulator/story.ts';
import { apply, happens } from './twists.ts';

/** Points of two hours, what is asked for with a fault in it, a power failure, and the next run. */
const story = (deed: AskDeed, fault: Fault): readonly Step[] => [
  happens('domain', 'write', 1),
  apply(1),
  happens('domain', 'write', 2),
  happens('host', 'wait', 1),
  apply(2),
  happens('domain', 'write', 3),
  { kind: 'ask', deed, seed: 4, faults: [fault] },
  ...(fault.how === 'process-after' ? [happens('host', 'reboot', fault.at)] : []),
  apply(5),
];

const hows: readonly FaultHow[] = ['error-after', 'process-after'];

it.each(['restore-in-place', 'restore-as'] as const)(
  '%s: at whatever call it fails or dies, nothing is lost, and a second one works',
  async (deed) => {
    let met = 0;
    for (const how of hows) {
      // Of all calls of drivers each, of the many changes of files every third; seeds try the others.
      for (const [of, most, step] of [
        ['changes', 42, 3],
        ['drivers', 12, 1],
      ] as const) {
        for (let at = 0; at < most; at += step) {
          const { violations, faults } = await runStory(story(deed, { of, at, how }));
          expect(violations, `${how}@${of} ${at}`).toEqual([]);
          met += faults.length;
        }
      }
    }
    // A sweep that reaches nothing would prove nothing.
    expect(met).toBeGreaterThan(40);
  },
  120_000,
);

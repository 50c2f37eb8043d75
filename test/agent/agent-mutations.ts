import type { Approval } from '../../src/model/approval.ts';
import { subjectDigest } from '../../src/model/approved-subjects.ts';
import { noRequest } from '../../src/model/plan.ts';
import { seen } from '../../src/model/result.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import type { Step } from '../../src/simulator/story.ts';
import { agentStoryOf } from './agent-story.ts';
import type { AgentMutation } from './story-agent.ts';

/** One thing that holds the agent back and is taken away, and the oracles that must object. */
export interface AgentMutationCase {
  readonly name: string;
  readonly mutation: AgentMutation;
  readonly caughtBy: readonly string[];
  /** The story of a seed; left out: one of those that all are told. */
  readonly story?: (seed: number) => readonly Step[];
}

const round = (seed: number) =>
  ({
    kind: 'apply',
    seed,
    faults: [],
    lies: [],
    beside: 'nobody',
  }) as const satisfies Step;

/** Some nights of short chains; then the retention is reduced (G210), a person approves what that blocks, and time goes on. */
const approvedReduction = (seed: number): readonly Step[] => [
  { kind: 'policy', deed: 'retention', seed },
  ...hours(seed, 6),
  { kind: 'policy', deed: 'retention', seed: seed * 31 },
  { kind: 'domain', deed: 'write', seed },
  { kind: 'host', deed: 'wait', seed },
  round(seed),
  ...[17, 19, 23].map((more): Step => ({ kind: 'agent', deed: 'approve', seed: seed * more })),
  ...hours(seed + 50, 5),
];

const hours = (seed: number, count: number): readonly Step[] =>
  Array.from({ length: count }, (_none, hour): readonly Step[] => [
    { kind: 'domain', deed: 'write-all', seed: seed + hour },
    { kind: 'host', deed: 'wait', seed: seed + hour },
    round(seed + hour),
  ]).flat();

/** The approvals that a person gave, changed when the agent plans. */
const approvals =
  (
    change: (given: readonly Approval[], subjects: readonly string[]) => readonly Approval[],
  ): AgentMutation =>
  (request, { told }) => ({
    ...request,
    get approvals() {
      return changed;
    },
    desiredOf: (observed) => {
      const desired = request.desiredOf(observed);
      const { actions } = planPolicy(desired, observed, { ...noRequest, unattended: true });
      changed = change(told.approvals, actions.map(subjectDigest));
      return desired;
    },
  });
let changed: readonly Approval[] = [];

/** Every mutation of the agent. */
export const agentMutations: readonly AgentMutationCase[] = [
  {
    name: 'a suspended agent applies',
    mutation: (request) => ({ ...request, suspensions: { ...request.suspensions, suspended: [] } }),
    caughtBy: ['G406'],
  },
  {
    name: 'windows are not looked at',
    mutation: (request) => ({ ...request, windows: [] }),
    caughtBy: ['G406'],
    story: (seed) => [{ kind: 'agent', deed: 'window', seed }, ...hours(seed, 3)],
  },
  {
    name: 'the ceiling of the host file is ignored',
    mutation: (request, { told }) => ({ ...request, mode: told.policyMode }),
    caughtBy: ['G405'],
  },
  {
    name: 'what the agent moved to the trash in another mode is purged in mode additive',
    mutation: (request) => ({ ...request, state: { ...request.state, trashRuns: [] } }),
    caughtBy: ['G405'],
    story: (seed) => [
      { kind: 'policy', deed: 'retention', seed },
      ...hours(seed, 8),
      ...[1, 2, 3].map((more): Step => ({ kind: 'agent', deed: 'policy-mode', seed: seed + more })),
      { kind: 'host', deed: 'wait-days', seed },
      ...hours(seed + 50, 3),
    ],
  },
  {
    name: 'a job of a killed run is not shown to an agent that may only look',
    mutation: (request, { isOnlyLooking }) =>
      isOnlyLooking()
        ? { ...request, look: async () => ({ ...(await request.look()), runs: seen([]) }) }
        : request,
    caughtBy: ['I14'],
    story: (seed) => [
      { ...round(seed), faults: [{ of: 'drivers', at: 10, how: 'process-after' }] },
      // The throw of its dice chooses `plan-only`.
      { kind: 'agent', deed: 'policy-mode', seed: 337024462 },
      round(seed + 1),
    ],
  },
  {
    name: 'an approval outlives the digest of its plan',
    mutation: approvals((given, subjects) => given.map((one) => ({ ...one, subjects }))),
    caughtBy: ['approval'],
    story: approvedReduction,
  },
  {
    name: 'an approval has no end',
    mutation: approvals((given) =>
      given.map((one) => ({ ...one, until: '2099-01-01T00:00:00.000Z' })),
    ),
    caughtBy: ['approval'],
    story: (seed) =>
      approvedReduction(seed).flatMap((step): readonly Step[] =>
        step.kind === 'agent' ? [step, { kind: 'host', deed: 'wait-days', seed }] : [step],
      ),
  },
  {
    name: 'an approval of another host counts here',
    mutation: approvals((given) => given.map((one) => ({ ...one, host: 'model' }))),
    caughtBy: ['approval'],
    story: approvedReduction,
  },
  {
    name: 'what failed again and again is tried at each look',
    mutation: (request) => ({ ...request, state: { ...request.state, failing: [] } }),
    caughtBy: ['G404'],
    story: (seed) => [
      round(seed),
      ...hours(seed, 1).slice(0, -1),
      // One call of libvirt or of QEMU after the other fails, the same in each round.
      ...Array.from({ length: 6 }, (_none, at): readonly Step[] => [
        { kind: 'agent', deed: 'sleep', seed: at },
        { ...round(seed + at), faults: [{ of: 'drivers', at: seed, how: 'error-before' }] },
      ]).flat(),
    ],
  },
];

/** The story in which a mutation is looked for. */
export const storyFor = (
  { story = agentStoryOf }: AgentMutationCase,
  seed: number,
): readonly Step[] => story(seed);

import { agentRound, type AgentRoundResult } from '../../src/agent/agent-round.ts';
import type { AgentState } from '../../src/agent/agent-state.ts';
import type { Suspensions } from '../../src/agent/suspensions.ts';
import type { Planned, Stage } from '../../src/loop/means.ts';
import type { AgentMode } from '../../src/model/agent.ts';
import { runId } from '../../src/model/identity.ts';
import { compactInstant } from '../../src/model/instant.ts';
import { ok } from '../../src/model/result.ts';
import { parseWindow } from '../../src/schedule/window.ts';
import { createDice } from '../../src/simulator/dice.ts';
import { Gate } from '../../src/simulator/gate.ts';
import { desiredState } from '../../src/simulator/model-policy.ts';
import { processDrivers } from '../../src/simulator/process-drivers.ts';
import { look } from '../../src/simulator/run-loop.ts';
import { newWorld } from '../../src/simulator/world.ts';
import type { EndedRuns } from '../../src/store/ended-runs.ts';

const silent: Stage = { emit: () => {}, signal: new AbortController().signal };

/** The agent on the simulator's host: real planner, executor and store, no clock but the model's. */
export class ModelAgent {
  readonly world = newWorld();
  mode: AgentMode = 'full';
  windows: readonly string[] = [];
  suspensions: Suspensions = { formatVersion: 1, suspended: [], resumed: [] };
  state: Pick<AgentState, 'failing' | 'trashRuns'> = { failing: [], trashRuns: [] };
  looks = 0;

  /** One round, in a process that lives for it alone. */
  async round(): Promise<AgentRoundResult> {
    const gate = new Gate(this.world.host, [], createDice(1));
    try {
      return await this.roundIn(gate, { ended: new Map(), stageOf: () => silent });
    } finally {
      if (gate.process.alive) gate.host.endProcess(gate.process);
    }
  }

  /** One round, in a process that may live on, with what that process remembers of ended runs. */
  async roundIn(
    gate: Gate,
    kept: { readonly ended: EndedRuns; readonly stageOf: (planned: Planned) => Stage },
  ): Promise<AgentRoundResult> {
    const { host, policy } = this.world;
    const drivers = processDrivers(gate, '/var/lib/holdfast', new Set(), {}, kept.ended);
    const request = {
      host,
      policy,
      seed: 1,
      faults: [],
      lies: [],
      stale: null,
      stateDir: '/var/lib/holdfast',
      mutation: {},
    };
    const limits = { jobs: 2, rateBytesPerSecond: null, reserveBytes: 1 };
    const result = await agentRound({
      look: async () => {
        this.looks += 1;
        return look(request, drivers, false);
      },
      desiredOf: (observed) => desiredState(policy, observed),
      means: {
        drivers,
        newRun: () =>
          runId(`${compactInstant(host.now)}-${String(gate.process.number).padStart(8, '0')}`),
        parallelism: 2,
        limitsOf: () => new Map(policy.stores.map(({ name }) => [name, limits])),
        hostRateBytesPerSecond: null,
        stateDir: '/var/lib/holdfast',
        files: drivers.journalFiles,
        policyText: null,
        warn: (message) => {
          throw new Error(message);
        },
      },
      mode: this.mode,
      windows: this.windows.flatMap((text) => parseWindow(text) ?? []),
      approvals: [],
      suspensions: this.suspensions,
      state: this.state,
      admit: async (planned) => kept.stageOf(planned),
      lastLook: () => {},
      noteTrash: () => ok(undefined),
    });
    this.state = { failing: result.failing, trashRuns: result.trashRuns };
    return result;
  }

  /** Rounds for so many hours, five minutes apart; each with something done, failed or withheld as `02:00 backup vm1 done`. */
  async pass(
    hours: number,
    each: (result: AgentRoundResult) => void = () => {},
  ): Promise<string[]> {
    const told: string[] = [];
    for (let minute = 0; minute < hours * 60; minute += 5) {
      const result = await this.round();
      each(result);
      const { observed, performed } = result.round;
      for (const { kind, address, outcome } of performed?.report?.actions ?? [])
        told.push(`${observed.observedAt.slice(11, 16)} ${kind} ${address} ${outcome.code}`);
      this.world.host.pass(300);
    }
    return told;
  }
}

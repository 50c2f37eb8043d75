import type { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import type { Action } from '../../src/model/action.ts';
import type { ObservedDomain } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import { ok, seen } from '../../src/model/result.ts';
import { createDice } from '../../src/simulator/dice.ts';
import type { ModelHost } from '../../src/simulator/model-host.ts';
import type { ProcessDrivers } from '../../src/simulator/process-drivers.ts';
import type { Twist } from '../../src/simulator/story-run.ts';
import type { Step } from '../../src/simulator/story.ts';
import type { JournalFiles } from '../../src/store/journal-files.ts';
import type { Store } from '../../src/store/store.ts';

export const apply = (seed: number): Step => ({
  kind: 'apply',
  seed,
  faults: [],
  lies: [],
  beside: 'nobody',
});
export const happens = (
  kind: 'domain' | 'host' | 'policy' | 'mirror',
  deed: string,
  seed: number,
) => ({ kind, deed, seed }) as Step;

/** Ten hours with a run in each, and something in between. */
export const hours =
  (between: (seed: number) => Step): ((seed: number) => readonly Step[]) =>
  (seed) => [
    apply(seed),
    between(seed),
    ...Array.from({ length: 12 }, (_none, hour) => [
      happens('domain', 'write', seed + hour),
      happens('host', 'wait', seed + hour),
      apply(seed + hour),
    ]).flat(),
  ];

/** Five hours with a run in each that is killed at a call of a driver, somewhere in its backups. */
export const killedHourly = (seed: number): readonly Step[] => {
  const dice = createDice(seed);
  return [
    apply(seed),
    ...Array.from({ length: 5 }, (_none, hour): readonly Step[] => [
      happens('domain', 'write', seed + hour),
      happens('host', 'wait', seed + hour),
      {
        kind: 'apply',
        seed: seed + hour,
        faults: [{ of: 'drivers', at: 3 + dice.below(12), how: 'process-after' }],
        lies: [],
        beside: 'nobody',
      },
    ]).flat(),
  ];
};

export const files = (change: (files: JournalFiles) => Partial<JournalFiles>): Twist => ({
  mutation: { files: (real) => ({ ...real, ...change(real) }) },
});

/** A hypervisor with some of its calls replaced: its methods live on a prototype. */
export const hypervisor = (
  change: (real: Hypervisor, host: ModelHost) => Partial<Hypervisor>,
): Twist => ({
  mutation: {
    hypervisor: (real, host) =>
      Object.assign(Object.create(real) as Hypervisor, bound(real), change(real, host)),
  },
});

/** The methods of a hypervisor as properties of their own. */
export function bound(real: Hypervisor): Hypervisor {
  return {
    observe: (jobs) => real.observe(jobs),
    look: (uuid, jobs) => real.look(uuid, jobs),
    begin: (request) => real.begin(request),
    startPaused: (uuid) => real.startPaused(uuid),
    stopStarted: (uuid, id) => real.stopStarted(uuid, id),
    thaw: (uuid, seconds) => real.thaw(uuid, seconds),
    abortJob: (uuid, socket) => real.abortJob(uuid, socket),
    dropCheckpoint: (drop) => real.dropCheckpoint(drop),
    redefineCheckpoint: (uuid, xml) => real.redefineCheckpoint(uuid, xml),
    definitions: (uuid) => real.definitions(uuid),
    copyFirmware: (uuid, directory) => real.copyFirmware(uuid, directory),
    adaptDefinition: (xml, changes) => real.adaptDefinition(xml, changes),
    define: (xml) => real.define(xml),
    undefine: (uuid) => real.undefine(uuid),
    start: (uuid) => real.start(uuid),
    powerOff: (uuid, seconds, signal) => real.powerOff(uuid, seconds, signal),
  };
}

export const drivers = (
  change: (drivers: ProcessDrivers, host: ModelHost) => Partial<ProcessDrivers>,
): Twist => ({
  mutation: { drivers: (real, host) => ({ ...real, ...change(real, host) }) },
});

export const store = (change: (store: Store) => Partial<Store>): Twist =>
  drivers((real) => ({
    openStore: (ref) => {
      const opened = real.openStore(ref);
      return opened.ok ? ok({ ...opened.value, ...change(opened.value) }) : opened;
    },
  }));

export const actions = (
  change: (actions: readonly Action[], plan: Plan) => readonly Action[],
): Twist => ({
  plan: (plan) => ({ ...plan, actions: change(plan.actions, plan) }),
});

/** Looks that show a domain otherwise than it is. */
export const looks = (change: (domain: ObservedDomain) => ObservedDomain): Twist =>
  hypervisor((real) => ({
    observe: async (jobs) => {
      const all = await real.observe(jobs);
      return all.seen ? seen({ ...all.value, domains: all.value.domains.map(change) }) : all;
    },
    look: async (uuid, jobs) => {
      const one = await real.look(uuid, jobs);
      return one.seen && one.value !== null ? seen(change(one.value)) : one;
    },
  }));

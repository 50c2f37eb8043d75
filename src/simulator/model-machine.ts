import type { DrillHost, DrillMachine } from '../hypervisor/drill-host.ts';
import type { DrillGuest } from '../model/drill.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { ObservedDomain } from '../model/observed.ts';
import { fail, ok, seen, type Failure, type Result } from '../model/result.ts';
import type { Gate } from './gate.ts';
import { parseDefinition } from './model-definition.ts';
import type { ModelHost, ModelProcess } from './model-host.ts';
import type { Version } from './model-image.ts';
import { parseOverlay } from './model-store-image.ts';

/** A machine that a drill booted: transient, on overlays of its own. */
export interface ModelMachine {
  readonly guest: DrillGuest;
  /** Who booted it. */
  readonly process: ModelProcess;
  /** The domain whose point it is, as its definition says. */
  readonly of: DomainUuid;
  readonly overlays: readonly string[];
  readonly sockets: readonly string[];
  /** What its disks showed when it came up. */
  readonly content: ReadonlyMap<string, readonly Version[]>;
  /** Its guest came up and answered. */
  readonly answers: boolean;
}

const injected: Failure = { code: 'injected', message: 'the call failed, as the story says' };

/** What the model's host does for drills; its calls go wrong as the gate says. */
export function modelDrills(gate: Gate): DrillHost {
  const { host } = gate;
  const calling = <T>(
    place: string,
    effect: () => Result<T, Failure>,
  ): Promise<Result<T, Failure>> =>
    gate.call<Result<T, Failure>>(`drills.${place}`, effect, async (how, run) => {
      if (how !== 'before') await run();
      return fail(injected);
    });
  const end = (machine: ModelMachine): Result<void, Failure> => {
    host.endMachine(machine);
    return ok(undefined);
  };
  return {
    availableMemoryBytes: async () => 2 ** 34,
    checkNetwork: async () => ok(undefined),
    adapt(text, { guest, disks }) {
      const saved = parseDefinition(text);
      if (saved === null) return fail({ code: 'bad-xml', message: 'no definition' });
      const xml = JSON.stringify({ ...saved, guest, disks });
      return ok({ xml, leftOut: [] });
    },
    async boot(xml, guest) {
      const booted = await calling('boot', () => boot(gate, xml, guest));
      return booted.ok
        ? ok(machineOf(gate, booted.value, () => calling('end', () => end(booted.value))))
        : booted;
    },
    endLeft: ({ uuid }) =>
      calling('end-left', () => {
        const machine = host.machines.find(({ guest }) => guest.uuid === uuid);
        if (machine === undefined) return ok('gone' as const);
        host.endMachine(machine);
        return ok('ended' as const);
      }),
    portAnswers: async () => false,
    runScript: async () => fail({ code: 'not-modelled', message: 'the model has no scripts' }),
  };
}

function boot(
  { host, process }: Gate,
  xml: string,
  guest: DrillGuest,
): Result<ModelMachine, Failure> {
  const definition = parseDefinition(xml);
  if (definition === null) return fail({ code: 'bad-xml', message: 'no definition' });
  const content = new Map<string, readonly Version[]>();
  const sockets: string[] = [];
  for (const { target, path } of definition.disks) {
    const socket = host.files.look(path) === null ? null : parseOverlay(host.files.read(path));
    const served = socket === null ? undefined : host.servers.get(socket);
    if (socket === null || served === undefined) {
      return fail({ code: 'no-image', message: `${path} cannot be opened` });
    }
    content.set(target, served);
    sockets.push(socket);
  }
  const machine: ModelMachine = {
    guest,
    process,
    of: definition.uuid,
    overlays: definition.disks.map(({ path }) => path),
    sockets,
    content,
    answers: !host.unbootable.has(definition.uuid),
  };
  host.machines = [...host.machines, machine];
  host.booted.push(machine);
  return ok(machine);
}

function machineOf(gate: Gate, machine: ModelMachine, end: DrillMachine['end']): DrillMachine {
  const isThere = (): boolean => gate.host.machines.includes(machine);
  return {
    async isUp() {
      gate.alive();
      return ok(isThere());
    },
    async agentAnswers() {
      await gate.turn();
      gate.alive();
      return isThere() && machine.answers;
    },
    addresses: async () => [],
    screenshot: async () => ok(Buffer.from('a picture')),
    lost: new AbortController().signal,
    end,
  };
}

/** A drill's machine as libvirt lists it. */
export function observedMachine(host: ModelHost, { guest }: ModelMachine): ObservedDomain {
  return {
    uuid: guest.uuid,
    name: guest.name,
    persistent: false,
    state: 'running',
    stateReason: 'booted',
    runningId: host.booted.length + 1_000_000,
    managedSave: false,
    agent: 'connected',
    disks: [],
    internalSnapshots: [],
    job: null,
    blockJobs: [],
    checkpoints: seen([]),
    nvram: null,
    tpm: false,
    definitionDigest: 'of a drill',
  };
}

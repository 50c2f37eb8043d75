import type { DrillHost } from '../hypervisor/drill-host.ts';
import type { Hypervisor, KnownJob, OpenPoint, PointRequest } from '../hypervisor/hypervisor.ts';
import type { CheckpointName, DomainUuid } from '../model/identity.ts';
import type { ObservedDomain, ObservedHypervisor } from '../model/observed.ts';
import { fail, ok, seen, unseen, type Failure, type Result, type Seen } from '../model/result.ts';
import type { Gate } from './gate.ts';
import { plugImages } from './image-files.ts';
import { beginJob, mayFreeze, removeCheckpoint } from './model-begin.ts';
import { adaptModel, defineModel, definitionOf } from './model-definition.ts';
import type { ModelDomain, ModelJob } from './model-domain.ts';
import { modelDrills, observedMachine } from './model-machine.ts';
import { observedModel } from './observed-model.ts';
import { canStart, loseJob, powerDown, powerUp } from './qemu.ts';

const injected: Failure = { code: 'injected', message: 'the call failed, as the story says' };

/** What libvirt and QEMU were seen to do (docs/decisions), for one process; its calls go wrong as the gate says. */
export class ModelHypervisor implements Hypervisor {
  readonly #gate: Gate;
  readonly drills: DrillHost;

  constructor(gate: Gate) {
    this.#gate = gate;
    this.drills = modelDrills(gate);
  }

  observe(jobs: readonly KnownJob[]): Promise<Seen<ObservedHypervisor>> {
    const { host } = this.#gate;
    return this.#gate.call<Seen<ObservedHypervisor>>(
      'hypervisor.observe',
      () => {
        plugImages(host);
        return seen({
          kind: 'libvirt' as const,
          uri: 'model:///',
          version: '9.0.0',
          domains: [
            ...host.domains.map((domain) => observedModel(domain, jobs)),
            ...host.machines.map((machine) => observedMachine(host, machine)),
          ],
          unseenDomains: [],
        });
      },
      () => unseen(injected.code, injected.message),
    );
  }

  look(uuid: DomainUuid, jobs: readonly KnownJob[]): Promise<Seen<ObservedDomain | null>> {
    return this.#gate.call<Seen<ObservedDomain | null>>(
      'hypervisor.look',
      () => {
        plugImages(this.#gate.host);
        const domain = this.#gate.host.domain(uuid);
        return seen(domain === null ? null : observedModel(domain, jobs));
      },
      () => unseen(injected.code, injected.message),
    );
  }

  begin(request: PointRequest): Promise<Result<OpenPoint, Failure>> {
    const { host, process } = this.#gate;
    const begin = (until: 'frozen' | 'begun' | 'thawed'): Result<OpenPoint, Failure> => {
      const domain = host.domain(request.uuid);
      if (domain === null) return fail({ code: 'no-domain', message: `no domain ${request.uuid}` });
      const done = mayFreeze(domain, request);
      const job = beginJob(host, process, domain, request, until);
      return job.ok ? ok(this.#openPoint(domain, request, job.value, done)) : job;
    };
    return this.#gate.call(
      'hypervisor.begin',
      () => begin('thawed'),
      (how) => {
        if (how === 'before') return fail(injected);
        const cut = begin(how === 'half' ? 'frozen' : 'begun');
        return cut.ok ? fail(injected) : cut;
      },
    );
  }

  #openPoint(domain: ModelDomain, request: PointRequest, job: ModelJob, done: boolean): OpenPoint {
    const isThere = (): boolean => domain.job === job;
    const end = (): Result<void, Failure> => {
      if (!isThere()) return fail({ code: 'job-lost', message: 'the job is another one' });
      domain.job = null;
      return ok(undefined);
    };
    const { checkpoint, disks } = request;
    const targets = disks.filter(({ tracked }) => tracked).map(({ target }) => target);
    return {
      frozenAt: this.#gate.host.now,
      quiesce: { done, code: done ? 'frozen' : 'no-agent', frozenMilliseconds: done ? 3 : null },
      disks: disks.map(({ target, base }) => ({
        kind: 'nbd' as const,
        target,
        socket: request.socket,
        exportName: target,
        dirtyContext: base,
      })),
      checkpointXml: checkpoint === null ? null : JSON.stringify({ name: checkpoint, targets }),
      lost: job.lost.signal,
      end: () => this.#plain('hypervisor.end', end),
      abandon: () =>
        this.#plain('hypervisor.abandon', () => {
          if (isThere()) domain.job = null;
          if (checkpoint !== null) removeCheckpoint(domain, checkpoint, []);
          return ok(undefined);
        }),
    };
  }

  startPaused(uuid: DomainUuid) {
    return this.#on('start', uuid, (domain) => {
      if (domain.managedSave) return fail({ code: 'managed-save', message: 'memory is saved' });
      if (domain.state !== 'off') return fail({ code: 'not-off', message: 'it is not off' });
      if (!canStart(domain)) return fail({ code: 'no-image', message: 'an image is gone' });
      const runningId = this.#gate.host.number();
      powerUp(domain, 'paused', runningId);
      return ok({ runningId });
    });
  }

  stopStarted(uuid: DomainUuid, runningId: number | null) {
    return this.#on('stop', uuid, (domain) => {
      if (domain.state === 'off') return ok('already-off' as const);
      const isOurs = runningId === null || runningId === domain.runningId;
      // Paused once more by a person who had resumed it, it is his: libvirt's driver asks QEMU.
      if (domain.state !== 'paused' || !isOurs || !domain.neverRan) {
        return ok('left-running' as const);
      }
      powerDown(domain);
      return ok('stopped' as const);
    });
  }

  thaw(uuid: DomainUuid) {
    return this.#on('thaw', uuid, (domain) => {
      if (domain.agent !== 'connected') return fail({ code: 'no-agent', message: 'no agent' });
      domain.frozen = false;
      return ok(undefined);
    });
  }

  abortJob(uuid: DomainUuid, socket: string) {
    return this.#on('abort', uuid, (domain) => {
      if (domain.job === null) return ok('gone' as const);
      if (domain.job.socket !== socket) return ok('foreign' as const);
      loseJob(domain);
      return ok('aborted' as const);
    });
  }

  dropCheckpoint(drop: {
    readonly uuid: DomainUuid;
    readonly name: CheckpointName;
    readonly images: readonly string[];
  }) {
    return this.#on('drop', drop.uuid, (domain) => {
      removeCheckpoint(domain, drop.name, drop.images);
      return ok(undefined);
    });
  }

  redefineCheckpoint(uuid: DomainUuid, checkpointXml: string) {
    return this.#on('redefine', uuid, (domain) => {
      const saved: unknown = JSON.parse(checkpointXml);
      if (typeof saved !== 'object' || saved === null || !('name' in saved)) {
        return fail({ code: 'bad-xml', message: 'no checkpoint' });
      }
      const name = String(saved.name);
      const targets = 'targets' in saved && Array.isArray(saved.targets) ? saved.targets : [];
      domain.checkpoints.push({ name, parent: null, targets: targets.map(String) });
      return ok(undefined);
    });
  }

  definitions(uuid: DomainUuid) {
    return this.#on('definitions', uuid, (domain) => {
      const text = definitionOf(domain);
      return ok({ inactive: text, live: domain.state === 'off' ? null : text });
    });
  }

  copyFirmware = async () => ok([]);
  adaptDefinition = adaptModel;

  define(text: string) {
    return this.#plain('hypervisor.define', () => defineModel(this.#gate.host, text));
  }

  undefine(uuid: DomainUuid) {
    const { domains } = this.#gate.host;
    return this.#on('undefine', uuid, (domain) => {
      domains.splice(domains.indexOf(domain), 1);
      return ok(undefined);
    });
  }

  start(uuid: DomainUuid) {
    return this.#on('start', uuid, (domain) => {
      if (domain.state !== 'off') return fail({ code: 'not-off', message: 'it is not off' });
      if (!canStart(domain)) return fail({ code: 'no-image', message: 'an image is gone' });
      powerUp(domain, 'running', this.#gate.host.number());
      domain.wanted = 'running';
      return ok(undefined);
    });
  }

  powerOff(uuid: DomainUuid) {
    return this.#on('power-off', uuid, (domain) => {
      if (domain.state !== 'off') powerDown(domain);
      // Whoever asked for the restore asked for this too.
      domain.wanted = 'off';
      return ok(undefined);
    });
  }

  #on<T>(
    place: string,
    uuid: DomainUuid,
    effect: (domain: ModelDomain) => Result<T, Failure>,
  ): Promise<Result<T, Failure>> {
    return this.#plain(`hypervisor.${place}`, () => {
      plugImages(this.#gate.host);
      const domain = this.#gate.host.domain(uuid);
      return domain === null ? fail({ code: 'no-domain', message: `no ${uuid}` }) : effect(domain);
    });
  }

  /** A call that can fail before or after its one effect. */
  #plain<T>(place: string, effect: () => Result<T, Failure>): Promise<Result<T, Failure>> {
    return this.#gate.call(place, effect, async (how, run) => {
      if (how === 'after') await run();
      return fail(injected);
    });
  }
}

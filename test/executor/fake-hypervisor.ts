import { readFileSync } from 'node:fs';
import type { Hypervisor, OpenPoint, PointRequest } from '../../src/hypervisor/hypervisor.ts';
import { domainUuid, type DomainUuid } from '../../src/model/identity.ts';
import type { ObservedDomain } from '../../src/model/observed.ts';
import type { SourceIdentity } from '../../src/model/point.ts';
import { fail, ok, seen, type Failure, type Result } from '../../src/model/result.ts';

/** A domain of the fake: what a test may set before and judge after. */
export interface FakeDomain {
  readonly uuid: DomainUuid;
  readonly name: string;
  state: 'running' | 'paused' | 'off';
  runningId: number | null;
  frozen: boolean;
  agent: ObservedDomain['agent'];
  managedSave: boolean;
  job: { socket: string; lost: AbortController } | null;
  foreignJob: boolean;
  checkpoints: string[];
  source: SourceIdentity;
  /** Images beside the active one, as a snapshot or an instant restore has them. */
  backing: string[];
}

/** Where the fake, the copier or the store can be told to fail, once or for ever. */
export type FaultPlace = string;

/** Failures by place; `domain` limits them to one. */
export class Faults {
  readonly places = new Map<FaultPlace, Failure>();
  readonly hooks = new Map<FaultPlace, () => void>();
  readonly only: string | null;
  readonly met: FaultPlace[] = [];

  constructor(only: string | null = null) {
    this.only = only;
  }

  at(place: FaultPlace, domain: string): Result<void, Failure> {
    if (this.only !== null && domain !== this.only) return ok(undefined);
    this.hooks.get(place)?.();
    const failure = this.places.get(place);
    if (failure === undefined) return ok(undefined);
    this.met.push(place);
    return fail(failure);
  }
}

export function fakeDomain(number: number, overrides: Partial<FakeDomain> = {}): FakeDomain {
  const name = `vm${number}`;
  return {
    uuid: domainUuid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`),
    name,
    state: 'running',
    runningId: number,
    frozen: false,
    agent: 'connected',
    managedSave: false,
    job: null,
    foreignJob: false,
    checkpoints: [],
    source: {
      kind: 'file',
      path: `/images/${name}.qcow2`,
      device: 1,
      inode: number,
      stableId: null,
      format: 'qcow2',
      serial: null,
    },
    backing: [],
    ...overrides,
  };
}

/** The domain as a look shows it. */
export function observedDomain(domain: FakeDomain): ObservedDomain {
  const stat = {
    path: domain.source.path,
    device: 1,
    inode: 1,
    sizeBytes: 9,
    mtimeNs: '1',
    ctimeNs: '2',
  };
  const tracked = { target: 'vda', dirtyBytes: domain.state === 'off' ? null : 0 };
  return {
    uuid: domain.uuid,
    name: domain.name,
    persistent: true,
    state: domain.state,
    stateReason: 'booted',
    runningId: domain.runningId,
    managedSave: domain.managedSave,
    agent: domain.agent,
    disks: [
      {
        target: 'vda',
        device: 'disk',
        kind: 'file',
        format: 'qcow2',
        readonly: false,
        shareable: false,
        transient: false,
        encrypted: false,
        sizeBytes: 1024,
        allocatedBytes: 1024,
        images: seen([
          { identity: domain.source, stat },
          ...domain.backing.map((path) => ({ identity: { ...domain.source, path }, stat })),
        ]),
        bitmaps:
          domain.state === 'off'
            ? seen(
                domain.checkpoints.map((name) => ({
                  name,
                  granularityBytes: 65536,
                  flags: ['auto'],
                })),
              )
            : null,
      },
    ],
    internalSnapshots: [],
    job: domain.foreignJob
      ? { operation: 'migration-out', run: null }
      : domain.job === null
        ? null
        : { operation: 'backup', run: null },
    blockJobs: [],
    checkpoints: seen(
      domain.checkpoints.map((name) => ({
        name,
        parent: null,
        disks: [{ ...tracked, bitmap: name }],
      })),
    ),
    nvram: null,
    tpm: false,
    definitionDigest: 'd'.repeat(64),
  };
}

/** A hypervisor in memory. libvirt's habits are kept: a failed job leaves its checkpoint. */
export class FakeHypervisor implements Hypervisor {
  readonly domains: FakeDomain[];
  private readonly faults: Faults;
  private readonly now: () => string;

  constructor(domains: FakeDomain[], faults: Faults, now: () => string) {
    this.domains = domains;
    this.faults = faults;
    this.now = now;
  }

  private domain(uuid: DomainUuid): FakeDomain {
    const found = this.domains.find((domain) => domain.uuid === uuid);
    if (found === undefined) throw new Error(`No domain ${uuid}`);
    return found;
  }

  private fault(place: FaultPlace, uuid: DomainUuid): Result<void, Failure> {
    return this.faults.at(place, this.domains.find((domain) => domain.uuid === uuid)?.name ?? '');
  }

  async observe() {
    return seen({
      kind: 'libvirt' as const,
      uri: 'test:///',
      version: '9.0.0',
      domains: this.domains.map(observedDomain),
      unseenDomains: [],
    });
  }

  async look(uuid: DomainUuid) {
    const fault = this.fault('look', uuid);
    if (!fault.ok) return { seen: false as const, failure: fault.error };
    const found = this.domains.find((domain) => domain.uuid === uuid);
    return seen(found === undefined ? null : observedDomain(found));
  }

  async begin(request: PointRequest): Promise<Result<OpenPoint, Failure>> {
    const domain = this.domain(request.uuid);
    const early = this.fault('begin', request.uuid);
    if (!early.ok) return early;
    const answers = domain.state === 'running' && domain.agent === 'connected';
    if (request.quiesce !== 'never' && answers) domain.frozen = true;
    const frozen = this.fault('begin-frozen', request.uuid);
    if (!frozen.ok) return frozen;
    if (request.checkpoint !== null) domain.checkpoints.push(request.checkpoint);
    const late = this.fault('begin-late', request.uuid);
    if (!late.ok) return late;
    const done = domain.frozen;
    domain.frozen = false;
    const lost = new AbortController();
    domain.job = { socket: request.socket, lost };
    const endJob = (): void => {
      domain.job = null;
    };
    return ok({
      frozenAt: this.now(),
      quiesce: { done, code: done ? 'frozen' : 'no-agent', frozenMilliseconds: done ? 3 : null },
      disks: request.disks.map(({ target, base }) => ({
        kind: 'nbd' as const,
        target,
        socket: request.socket,
        exportName: target,
        dirtyContext: base,
      })),
      checkpointXml: request.checkpoint === null ? null : `<domaincheckpoint/>`,
      lost: lost.signal,
      end: async () => {
        endJob();
        return this.fault('end', request.uuid);
      },
      abandon: async () => {
        const fault = this.fault('abandon', request.uuid);
        if (!fault.ok) return fault;
        endJob();
        domain.checkpoints = domain.checkpoints.filter((name) => name !== request.checkpoint);
        return ok(undefined);
      },
    });
  }

  async startPaused(uuid: DomainUuid) {
    const before = this.fault('start', uuid);
    if (!before.ok) return before;
    const domain = this.domain(uuid);
    domain.state = 'paused';
    domain.runningId = 99;
    const after = this.fault('start-late', uuid);
    return after.ok ? ok({ runningId: 99 }) : after;
  }

  async stopStarted(uuid: DomainUuid, runningId: number | null) {
    const fault = this.fault('stop', uuid);
    if (!fault.ok) return fault;
    const domain = this.domain(uuid);
    if (domain.state === 'off') return ok('already-off' as const);
    const isOurs = runningId === null || runningId === domain.runningId;
    if (domain.state !== 'paused' || !isOurs) return ok('left-running' as const);
    domain.state = 'off';
    domain.runningId = null;
    domain.job = null;
    return ok('stopped' as const);
  }

  async thaw(uuid: DomainUuid) {
    const fault = this.fault('thaw', uuid);
    if (!fault.ok) return fault;
    this.domain(uuid).frozen = false;
    return ok(undefined);
  }

  async abortJob(uuid: DomainUuid, socket: string) {
    const fault = this.fault('abort', uuid);
    if (!fault.ok) return fault;
    const domain = this.domain(uuid);
    if (domain.job === null) return ok('gone' as const);
    if (domain.job.socket !== socket) return ok('foreign' as const);
    domain.job = null;
    return ok('aborted' as const);
  }

  async dropCheckpoint({ uuid, name }: { uuid: DomainUuid; name: string }) {
    const fault = this.fault('drop', uuid);
    if (!fault.ok) return fault;
    const domain = this.domain(uuid);
    if (!domain.checkpoints.includes(name)) {
      return fail({ code: 'no-checkpoint', message: `${domain.name} has no ${name}` });
    }
    domain.checkpoints = domain.checkpoints.filter((other) => other !== name);
    return ok(undefined);
  }

  async redefineCheckpoint(uuid: DomainUuid, checkpointXml: string) {
    const fault = this.fault('redefine', uuid);
    if (!fault.ok) return fault;
    this.domain(uuid).checkpoints.push(checkpointXml);
    return ok(undefined);
  }

  async definitions(uuid: DomainUuid) {
    const fault = this.fault('definitions', uuid);
    return fault.ok ? ok({ inactive: '<domain/>', live: '<domain id="1"/>' }) : fault;
  }

  copyFirmware = async () => ok([]);
  adaptDefinition = (xml: string) => ok(readFileSync(xml, 'utf8'));
  define = async () => fail({ code: 'not-here', message: 'not in this fake' });
  undefine = async () => fail({ code: 'not-here', message: 'not in this fake' });
  start = async () => fail({ code: 'not-here', message: 'not in this fake' });
  powerOff = async () => fail({ code: 'not-here', message: 'not in this fake' });
}

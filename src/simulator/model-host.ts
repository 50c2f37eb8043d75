import { domainUuid, type DomainUuid, type PointId } from '../model/identity.ts';
import { instantOf, type Instant } from '../model/instant.ts';
import { createDice } from './dice.ts';
import { ImageFiles } from './image-files.ts';
import type { ModelDomain } from './model-domain.ts';
import type { Version } from './model-image.ts';
import type { ModelMachine } from './model-machine.ts';
import type { ModelMirror } from './model-mirror.ts';
import { kill, loseJob } from './qemu.ts';
import { VolatileFiles } from './volatile-files.ts';

/** A directory on which a store's disk is mounted, or not. */
export interface ModelMount {
  /** Where the policy has it: `/mnt/main`. */
  readonly path: string;
  /** The disk's own directory; null: nothing is mounted, an empty directory shows. */
  disk: string | null;
  isReadOnly: boolean;
  isFull: boolean;
}

/** What a domain's disks were at the instant of a point: what its images must show for ever. */
export interface Truth {
  readonly uuid: DomainUuid;
  readonly at: Instant;
  readonly disks: ReadonlyMap<string, readonly Version[]>;
}

/** One run of the program, for as long as it lives. */
export interface ModelProcess {
  readonly number: number;
  alive: boolean;
  /** Domains that it froze, or began a job on: its guards end them when it dies. */
  readonly guarded: Set<DomainUuid>;
  /** The guards die with it: only a machine in trouble does that. */
  guardsDie: boolean;
}

// 2026-11-22 02:00 UTC; with daylight-saving time over, as in the scenarios.
const beginning = Date.UTC(2026, 10, 22, 2);

/** A host with its domains, disks and clock: what is there, whoever looks. */
export class ModelHost {
  files = new VolatileFiles();
  readonly images = new ImageFiles();
  readonly domains: ModelDomain[] = [];
  readonly mounts: ModelMount[] = [];
  readonly mirrors: ModelMirror[] = [];
  /** Locked paths, and the processes that hold them. */
  readonly locks = new Map<string, ModelProcess>();
  /** Images that are served on sockets, as they read: until their last client goes, or somebody ends them. */
  readonly servers = new Map<string, readonly Version[]>();
  /** Machines that drills booted, and what each of all there ever were had. */
  machines: readonly ModelMachine[] = [];
  readonly booted: ModelMachine[] = [];
  /** Domains whose guests do not come up. */
  readonly unbootable = new Set<DomainUuid>();
  readonly truths = new Map<string, Truth>();
  readonly processes = new Set<ModelProcess>();
  /** Wall clock and clock since boot, milliseconds. */
  wallMs = beginning;
  bootMs = 3_600_000;
  boots = 1;
  #next = 1;

  constructor() {
    for (const path of [
      '/mnt',
      '/disks',
      '/nothing',
      '/var',
      '/var/lib',
      '/run',
      '/scratch',
      '/images',
    ]) {
      this.files.makeDirectory(path);
    }
    this.files.settle();
  }

  /** A number that was never given out before. */
  number(): number {
    this.#next += 1;
    return this.#next;
  }

  newUuid(): DomainUuid {
    return domainUuid(`00000000-0000-4000-8000-${String(this.number()).padStart(12, '0')}`);
  }

  get now(): Instant {
    return instantOf(this.wallMs);
  }

  pass(seconds: number): void {
    this.wallMs += seconds * 1000;
    this.bootMs += seconds * 1000;
  }

  domain(uuid: DomainUuid): ModelDomain | null {
    return this.domains.find((one) => one.uuid === uuid) ?? null;
  }

  truthOf(uuid: DomainUuid, point: PointId): Truth | null {
    return this.truths.get(`${uuid}/${point}`) ?? null;
  }

  /** Adds an empty disk that is mounted, and what lies below it when it is not. */
  addMount(path: string): ModelMount {
    const mount = { path, disk: `/disks${path}`, isReadOnly: false, isFull: false };
    for (const at of [path, `/disks/mnt`, mount.disk, '/nothing/mnt', `/nothing${path}`]) {
      if (this.files.look(at) === null) this.files.makeDirectory(at);
    }
    this.files.settle();
    this.mounts.push(mount);
    return mount;
  }

  mountOf(path: string): ModelMount | null {
    return this.mounts.find((one) => path === one.path || path.startsWith(`${one.path}/`)) ?? null;
  }

  /** Where a path really is: on the disk that is mounted there. */
  realPath(path: string): string {
    const mount = this.mountOf(path);
    if (mount === null) return path;
    return (mount.disk ?? `/nothing${mount.path}`) + path.slice(mount.path.length);
  }

  startProcess(): ModelProcess {
    const process = {
      number: this.number(),
      alive: true,
      guarded: new Set<DomainUuid>(),
      guardsDie: false,
    };
    this.processes.add(process);
    return process;
  }

  /** A process ends, however: the kernel frees its locks, its guards end its jobs and thaw. */
  endProcess(process: ModelProcess): void {
    process.alive = false;
    this.processes.delete(process);
    for (const [path, holder] of this.locks) if (holder === process) this.locks.delete(path);
    if (process.guardsDie) return;
    // libvirt ends a machine with the connection that started it; one that was restarted forgets.
    for (const machine of this.machines) if (machine.process === process) this.endMachine(machine);
    for (const uuid of process.guarded) {
      const domain = this.domain(uuid);
      if (domain === null) continue;
      loseJob(domain);
      domain.frozen = false;
    }
  }

  /** Power is lost and comes back: every process and QEMU is dead, and of the disks what was fsynced is certain. */
  crash(seed: number): void {
    for (const process of this.processes) {
      process.guardsDie = true;
      this.endProcess(process);
    }
    for (const domain of this.domains) {
      if (domain.state !== 'off') kill(domain);
      domain.wanted = 'off';
    }
    for (const machine of this.machines) this.endMachine(machine);
    this.servers.clear();
    this.files = this.files.afterCrash(createDice(seed).below(2 ** 31));
    this.clearRun();
    this.wallMs += 300_000;
    this.bootMs = 60_000;
    this.boots += 1;
  }

  /** A drill's machine ends, and with it the servers whose last client it was. */
  endMachine(machine: ModelMachine): void {
    this.machines = this.machines.filter((one) => one !== machine);
    for (const socket of machine.sockets) this.servers.delete(socket);
  }

  /** /run is in memory. */
  private clearRun(): void {
    const remove = (path: string): void => {
      for (const name of this.files.list(path)) {
        const at = `${path}/${name}`;
        if (this.files.look(at)?.kind === 'directory') {
          remove(at);
          this.files.removeDirectory(at);
        } else this.files.removeFile(at);
      }
    };
    remove('/run');
    this.files.settle();
  }
}

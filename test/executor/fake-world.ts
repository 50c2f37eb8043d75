import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { applyPlan, type ApplyOptions } from '../../src/executor/apply-plan.ts';
import type { Drivers, StoreLimits } from '../../src/executor/drivers.ts';
import { realFileChecks } from '../../src/executor/file-checks.ts';
import { realHostFiles } from '../../src/executor/host-files.ts';
import { hostJournals } from '../../src/executor/host-journals.ts';
import type { ImageReader, ImageRequest } from '../../src/executor/image-reader.ts';
import { realPointImages } from '../../src/executor/point-images.ts';
import type { RunReport } from '../../src/executor/run-report.ts';
import type { StoreRef } from '../../src/model/action-base.ts';
import type { Action } from '../../src/model/action.ts';
import type { Backup } from '../../src/model/backup-action.ts';
import type { RunEvent } from '../../src/model/event.ts';
import {
  chainId,
  checkpointOf,
  pointDirectory,
  pointId,
  runId,
  storeId,
} from '../../src/model/identity.ts';
import { instantOf } from '../../src/model/instant.ts';
import type { Plan } from '../../src/model/plan.ts';
import { fail, ok, type Failure, type Result } from '../../src/model/result.ts';
import { createStore } from '../../src/store/create.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type FakeDomain, FakeHypervisor, Faults } from './fake-hypervisor.ts';
import { FakeMirror } from './fake-mirror.ts';

export const firstRun = runId('20261122T020000Z-00000001');

/** A real store and real journals in a temporary directory, a hypervisor and images in memory. */
export class FakeWorld implements Disposable {
  // In memory where there is such a place: what an fsync costs is no business of these tests.
  readonly root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'executor-'));
  readonly hypervisor: FakeHypervisor;
  readonly faults: Faults;
  readonly store: StoreRef;
  readonly events: RunEvent[] = [];
  private readonly mirrors = new Map<string, FakeMirror>();
  /** Told of each event as it happens: aborts, kills. */
  onEvent: (event: RunEvent) => void = () => {};
  private milliseconds = Date.UTC(2026, 10, 22, 2);

  constructor(domains: FakeDomain[], faults = new Faults()) {
    this.faults = faults;
    this.store = { name: 'main', path: join(this.root, 'store'), id: storeId('a'.repeat(32)) };
    mkdirSync(this.store.path);
    const created = createStore(this.store, this.now());
    if (!created.ok) throw new Error(created.error.message);
    this.hypervisor = new FakeHypervisor(domains, faults, this.now);
  }

  readonly now = (): string => {
    this.milliseconds += 1000;
    return instantOf(this.milliseconds);
  };

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** The mirror of that name, empty at first. */
  mirror(name: string): FakeMirror {
    const mirror = this.mirrors.get(name) ?? new FakeMirror();
    this.mirrors.set(name, mirror);
    return mirror;
  }

  drivers(): Drivers {
    return {
      hypervisor: this.hypervisor,
      openStore: (ref) => {
        const store = openStore(ref);
        return store.ok ? ok(this.faultyStore(store.value)) : store;
      },
      createStore,
      openMirror: (ref) => this.mirror(ref.name).open(ref),
      images: fakeImages(this.faults),
      pointImages: realPointImages,
      checks: {
        ...realFileChecks,
        structure: async () => ok(undefined),
        replay: async () => ok(undefined),
      },
      journals: hostJournals(join(this.root, 'state'), this.now),
      files: realHostFiles,
      clock: this.now,
      tool: 'holdfast test',
      host: 'kvm01',
      who: 'tester',
      scratchDir: join(this.root, 'scratch'),
      scratchLimitBytes: null,
      runtimeDir: join(this.root, 'run'),
    };
  }

  apply(actions: readonly Action[], options: Partial<ApplyOptions> = {}): Promise<RunReport> {
    return applyPlan({
      plan: planOf(actions),
      drivers: this.drivers(),
      run: firstRun,
      parallelism: 2,
      hostRateBytesPerSecond: null,
      limits: new Map<string, StoreLimits>([
        ['main', { jobs: 2, rateBytesPerSecond: null, reserveBytes: 0 }],
      ]),
      emit: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
      signal: new AbortController().signal,
      ...options,
    });
  }

  /** Points and leftovers in the store: `vm1/CHAIN/0000-…-full`. */
  points(): readonly string[] {
    return readdirSync(join(this.store.path, 'domains'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.split('/').length === 3)
      .toSorted();
  }

  /** What is left of jobs: scratch and socket directories. */
  jobFiles(): readonly string[] {
    return ['scratch', 'run'].flatMap((name) => {
      try {
        return readdirSync(join(this.root, name), { recursive: true, encoding: 'utf8' });
      } catch {
        return [];
      }
    });
  }

  private faultyStore(store: Store): Store {
    // Of the locks only that they are asked for is of concern here: each real one costs a process.
    const lock = async () => {
      const fault = this.faults.at('lock', '');
      return fault.ok ? ok({ descriptor: -1, release: () => {} }) : fault;
    };
    return {
      ...store,
      lock,
      lockDomain: lock,
      beginPoint: (place, point, uuid) => {
        const fault = this.faults.at('incoming', place.directory);
        if (!fault.ok) return fault;
        const incoming = store.beginPoint(place, point, uuid);
        if (!incoming.ok) return incoming;
        return ok({
          ...incoming.value,
          publish: (manifest) => {
            const broken = this.faults.at('publish', place.directory);
            return broken.ok ? incoming.value.publish(manifest) : broken;
          },
        });
      },
      writeHold: (directory, chain, point, hold) => {
        const fault = this.faults.at('hold', directory);
        return fault.ok ? store.writeHold(directory, chain, point, hold) : fault;
      },
      writeLastLook: (directory, look) => {
        const fault = this.faults.at('last-look', directory);
        return fault.ok ? store.writeLastLook(directory, look) : fault;
      },
      trashChain: (request) => {
        const fault = this.faults.at('trash', request.directory);
        return fault.ok ? store.trashChain(request) : fault;
      },
    };
  }
}

const domainOf = (path: string): string =>
  path.split('/').find((part) => /^vm\d+$/.test(part)) ?? '';

/** Images of a few bytes: what is in them is the business of other tests. */
function fakeImages(faults: Faults): ImageReader {
  const step = async (place: string, { path, signal }: ImageRequest) => {
    const fault = faults.at(place, domainOf(path));
    // As the real one: an abort ends it with a failure, whatever its reason.
    if (fault.ok && signal.aborted)
      return fail({ code: 'canceled', message: 'The copy was stopped' });
    return fault;
  };
  return {
    async copy(request) {
      const fault = await step('copy', request);
      if (!fault.ok) return fault;
      const content = `image ${basename(request.path)}`;
      writeFileSync(request.path, content, { mode: 0o600, flag: 'wx' });
      request.progress(content.length, content.length);
      const late = await step('copy-late', request);
      if (!late.ok) return late;
      return ok({
        sizeBytes: 1024,
        fileBytes: content.length,
        dataBytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
    },
    compare: (request) => step('compare', request),
    check: async (path): Promise<Result<void, Failure>> => faults.at('check', domainOf(path)),
  };
}

/** A full of one domain, or the increment that follows a point. */
export function backupOf(
  world: FakeWorld,
  domain: FakeDomain,
  overrides: Partial<Backup> = {},
  parent: Backup | null = null,
): Backup {
  const hour =
    parent === null ? '02' : String(Number(parent.point.slice(9, 11)) + 1).padStart(2, '0');
  const point = pointId(`20261122T${hour}0000Z-000${domain.name.slice(2)}`);
  const level = parent === null ? 'full' : 'increment';
  const sequence = parent === null ? 0 : parent.sequence + 1;
  return {
    id: `backup:main:${domain.uuid}`,
    wave: 20,
    address: `domain/${domain.name}`,
    dependsOn: [],
    reasons: [],
    place: null,
    blockedBy: [],
    bytes: 100,
    kind: 'backup',
    domain: { uuid: domain.uuid, name: domain.name },
    store: world.store,
    directory: domain.name,
    chain: parent?.chain ?? chainId(point),
    point,
    sequence,
    level,
    pointDirectory: pointDirectory(sequence, point, level),
    parent:
      parent === null
        ? null
        : { point: parent.point, directory: parent.pointDirectory, checkpoint: parent.checkpoint },
    checkpoint: checkpointOf(world.store.id, point),
    disks: [
      {
        target: 'vda',
        level,
        base: parent?.checkpoint ?? null,
        reasons: [],
        source: domain.source,
        sizeBytes: 1024,
        tracked: true,
        file: 'vda.qcow2',
        backing: parent === null ? null : `../${parent.pointDirectory}/vda.qcow2`,
        estimateBytes: 100,
      },
    ],
    excluded: [],
    power: domain.state,
    quiesce: 'try',
    verify: 'structure',
    timeouts: { jobSeconds: 60, stallSeconds: 60, agentSeconds: 5 },
    release: [parent?.checkpoint ?? null].filter((name) => name !== null),
    nvram: null,
    tpm: false,
    definitionDigest: 'd'.repeat(64),
    hold: null,
    note: null,
    ...overrides,
  };
}

/** A plan of these actions. */
export function planOf(actions: readonly Action[]): Plan {
  return {
    formatVersion: 1,
    id: 'f'.repeat(64),
    purpose: 'policy',
    tool: 'holdfast test',
    host: 'kvm01',
    plannedAt: '2026-11-22T02:00:00.000Z',
    expiresAt: '2026-11-22T14:00:00.000Z',
    policy: {
      file: 'policy.yaml',
      digest: 'e'.repeat(64),
      branch: null,
      commit: null,
      timezone: 'UTC',
      rules: 1,
      stores: 1,
      mirrors: 0,
    },
    observed: [],
    request: { targets: null, now: [], allow: [], unattended: false },
    actions,
    notes: [],
    guards: [],
    domains: [],
    incomplete: false,
    doomed: {},
  };
}

import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KnownJob } from '../../src/hypervisor/hypervisor.ts';
import { ownedJob } from '../../src/hypervisor/libvirt/job.ts';
import { failureOfAbort } from '../../src/model/abort.ts';
import { domainUuid, pointId, runId, storeId } from '../../src/model/identity.ts';
import { instantOf } from '../../src/model/instant.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { ObservedStore, ReadyStore } from '../../src/model/observed-store.ts';
import type {
  ObservedDomain,
  ObservedHypervisor,
  ObservedRun,
  ObservedState,
} from '../../src/model/observed.ts';
import { fail, ok, seen, unseen } from '../../src/model/result.ts';
import { observeMirrors, type MirrorQuery } from '../../src/observer/observe-mirrors.ts';
import { observe, type ObserveRequest } from '../../src/observer/observe.ts';

const empty: ObservedHypervisor = {
  kind: 'libvirt',
  uri: 'test:///default',
  version: '9.0.0',
  domains: [],
  unseenDomains: [],
};
const idle: ObservedDomain = {
  uuid: domainUuid('11111111-2222-3333-4444-555555555555'),
  name: 'web01',
  persistent: true,
  state: 'running',
  stateReason: 'booted',
  runningId: 1,
  managedSave: false,
  agent: 'none',
  disks: [],
  internalSnapshots: [],
  job: null,
  blockJobs: [],
  checkpoints: seen([]),
  nvram: null,
  tpm: false,
  definitionDigest: 'd',
};
const uuid = domainUuid('11111111-2222-3333-4444-555555555555');
const run = runId('20261122T020000Z-3a9f01bc');
const dead: ObservedRun = {
  run,
  startedAt: '2026-11-22T02:00:00.000Z',
  files: [],
  open: [
    { kind: 'frozen-domain', uuid, name: 'web01' },
    {
      kind: 'backup-job',
      uuid,
      name: 'web01',
      socket: '/run/holdfast/x.sock',
      scratch: [],
      checkpoint: null,
      point: pointId('20261122T020000Z-9c1e'),
    },
  ],
};
const gone: ObservedStore = {
  name: 'main',
  path: '/backups',
  state: { kind: 'unseen', failure: { code: 'store-missing', message: '/backups is not there' } },
};

function request(changes: Partial<ObserveRequest> = {}): ObserveRequest {
  return {
    tool: 'holdfast 0.0.0',
    stores: [{ name: 'main', path: '/backups', requireMount: false, stateDir: '/none' }],
    mirrors: [],
    scratch: { path: join(tmpdir(), 'hf-not-made', 'yet'), limitBytes: 5 },
    hypervisor: { observe: async () => seen(empty) },
    observeStore: async () => gone,
    deadRuns: async () => seen([dead]),
    now: () => 1_795_305_600_000,
    ...changes,
  };
}

/** A mirror that never answers, but when it is stopped. */
const hanging: MirrorQuery['open'] = () =>
  ok({
    observe: ({ signal }) =>
      new Promise((resolve) => {
        const stopped = (): void => {
          const { code, message } = failureOfAbort(signal, 'the look');
          resolve(unseen(code, message));
        };
        signal.addEventListener('abort', stopped);
      }),
  });

const jobIn = (state: ObservedState) =>
  state.hypervisor.seen ? state.hypervisor.value.domains.map(({ job }) => job) : null;

describe('observe', () => {
  it('says every part, at the instant before the first look', async () => {
    let clock = 1_795_305_600_000;
    const state = await observe(
      request({
        now: () => (clock += 1000),
        hypervisor: {
          observe: async () => {
            clock += 60_000;
            return seen(empty);
          },
        },
      }),
    );
    expect(state.observedAt).toBe(instantOf(1_795_305_601_000));
    expect(state.hypervisor).toEqual(seen(empty));
    expect(state.stores).toEqual([gone]);
    expect(state.runs).toEqual(seen([dead]));
    expect(state.host.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    expect(state.host.bootClockSeconds).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('knows the jobs of runs that died, and none when journals cannot be read', async () => {
    const asked: (readonly KnownJob[])[] = [];
    const hypervisor: ObserveRequest['hypervisor'] = {
      observe: async (jobs) => {
        asked.push(jobs);
        return unseen('connect', 'no libvirtd');
      },
    };
    const runs = unseen('journal', 'not readable');
    await observe(request({ hypervisor }));
    const state = await observe(request({ hypervisor, deadRuns: async () => runs }));
    expect(asked).toEqual([[{ run, uuid, socket: '/run/holdfast/x.sock' }], []]);
    expect(state.runs).toEqual(runs);
    expect(state.hypervisor).toEqual(unseen('connect', 'no libvirtd'));
  });

  describe('a backup job of a run at work', () => {
    const atWork = runId('20261122T030000Z-00000007');
    const known: KnownJob = { run: atWork, uuid, socket: '/run/holdfast/y.sock' };
    /** What libvirt shows: a job on a socket, whose owner is found as the driver does it. */
    const showing = (socket: string | null, asked: (readonly KnownJob[])[] = []) => ({
      observe: async (jobs: readonly KnownJob[]) => {
        asked.push(jobs);
        return seen({
          ...empty,
          domains: [{ ...idle, job: ownedJob('backup', socket, uuid, jobs) }],
        });
      },
    });
    const none = { deadRuns: async () => seen([]) };

    it('is known by its journal', async () => {
      const asked: (readonly KnownJob[])[] = [];
      const hypervisor = showing(known.socket, asked);
      const state = await observe(request({ ...none, hypervisor, openJobs: () => [known] }));
      expect(jobIn(state)).toEqual([{ operation: 'backup', run: atWork }]);
      expect(asked).toEqual([[known]]);
    });

    it('is known too when it began after the journals were read', async () => {
      const told = [[], [known]];
      const asked: (readonly KnownJob[])[] = [];
      const hypervisor = showing(known.socket, asked);
      const openJobs = () => told.shift() ?? [];
      const state = await observe(request({ ...none, hypervisor, openJobs }));
      expect(jobIn(state)).toEqual([{ operation: 'backup', run: atWork }]);
      expect(asked).toEqual([[], [known]]);
    });

    it('is known too when its socket could not be told yet', async () => {
      const sockets = [null, known.socket];
      const asked: (readonly KnownJob[])[] = [];
      const hypervisor: ObserveRequest['hypervisor'] = {
        observe: async (jobs) => showing(sockets.shift() ?? null, asked).observe(jobs),
      };
      const state = await observe(request({ ...none, hypervisor, openJobs: () => [known] }));
      expect(jobIn(state)).toEqual([{ operation: 'backup', run: atWork }]);
      expect(asked).toHaveLength(2);
    });

    it('is somebody else’s where no journal has one open on that domain', async () => {
      const asked: (readonly KnownJob[])[] = [];
      const hypervisor = showing('/tmp/other.sock', asked);
      const elsewhere = { ...known, uuid: domainUuid('99999999-2222-3333-4444-555555555555') };
      const state = await observe(request({ ...none, hypervisor, openJobs: () => [elsewhere] }));
      expect(jobIn(state)).toEqual([{ operation: 'backup', run: null }]);
      expect(asked).toHaveLength(1);
    });

    it('is somebody else’s where the journal’s own has another socket, after a second look', async () => {
      const asked: (readonly KnownJob[])[] = [];
      const hypervisor = showing('/tmp/other.sock', asked);
      const state = await observe(request({ ...none, hypervisor, openJobs: () => [known] }));
      expect(jobIn(state)).toEqual([{ operation: 'backup', run: null }]);
      expect(asked).toHaveLength(2);
    });
  });

  it('tells the room of a scratch directory that is still to be made', async () => {
    const state = await observe(request());
    expect(state.scratch).toMatchObject({ seen: true, value: { limitBytes: 5 } });
    expect(state.scratch.seen && state.scratch.value.freeBytes).toBeGreaterThan(0);
  });

  it('says why scratch cannot be seen', async () => {
    const scratch = { path: '/proc/version/scratch', limitBytes: null };
    const state = await observe(request({ scratch }));
    expect(state.scratch).toEqual(
      unseen(
        'scratch-unseen',
        "/proc/version/scratch could not be looked at: ENOTDIR: not a directory, statfs '/proc/version/scratch'",
      ),
    );
  });

  it('looks at each mirror for the stores that are copied there, whatever becomes of another', async () => {
    const store = storeId('a'.repeat(32));
    const ready = { kind: 'ready', id: store } as unknown as ReadyStore;
    const content = { store, kind: 'blank' } as ObservedMirrorContent;
    const away = unseen('mirror-unreachable', 'mirror nas: no route to host');
    const mirrors = [
      { name: 'nas', stores: ['main'], open: () => ok({ observe: async () => away }) },
      { name: 'cloud', stores: ['main'], open: () => ok({ observe: async () => seen(content) }) },
      { name: 'odd', stores: ['main'], open: () => fail(away.failure) },
      { name: 'none', stores: ['other'], open: () => fail(away.failure) },
    ];
    const observeStore = async (): Promise<ObservedStore> => ({ ...gone, state: ready });
    const state = await observe(request({ observeStore, mirrors }));
    expect(state.mirrors).toEqual([
      { name: 'nas', stores: [{ store: 'main', state: away }] },
      { name: 'cloud', stores: [{ store: 'main', state: seen(content) }] },
      { name: 'odd', stores: [{ store: 'main', state: away }] },
      { name: 'none', stores: [] },
    ]);
    // A store that was not seen has no id to look for.
    const unknown = await observe(request({ mirrors }));
    expect(unknown.mirrors.map(({ stores }) => stores)).toEqual([[], [], [], []]);
  });

  it('does not wait for a mirror that hangs', async () => {
    const state = { kind: 'ready', id: storeId('a'.repeat(32)) } as unknown as ReadyStore;
    const looks = [Promise.resolve<ObservedStore>({ ...gone, state })];
    expect(
      await observeMirrors([{ name: 'nas', stores: ['main'], open: hanging }], looks, 0.01),
    ).toEqual([
      {
        name: 'nas',
        stores: [
          {
            store: 'main',
            state: unseen('mirror-unreachable', 'mirror nas did not answer within 0.01 s'),
          },
        ],
      },
    ]);
  });

  it('looks at all parts at once', async () => {
    const order: string[] = [];
    const slow = async <T>(name: string, value: T): Promise<T> => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
      return value;
    };
    await observe(
      request({
        hypervisor: { observe: async () => slow('libvirt', seen(empty)) },
        observeStore: async () => slow('store', gone),
      }),
    );
    expect(order).toEqual(['libvirt begins', 'store begins', 'libvirt ends', 'store ends']);
  });
});

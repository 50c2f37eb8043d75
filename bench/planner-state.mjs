// Builds the state in memory, plans it, and prints one line of JSON a retention. Run by planner.mjs.
import { join } from 'node:path';

const dist = process.argv[2];
const { planPolicy } = await import(join(dist, 'planner', 'plan-policy.js'));

const [domainCount, chainCount, chainLength] = [10_000, 4, 25];
const observedAt = '2026-11-22T09:30:02.000Z';
const newest = Date.parse('2026-11-21T01:00:00.000Z');
const dayMs = 86_400_000;
const store = '5a0e'.padEnd(32, '1');
const compact = (at) => `${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
const uuidOf = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const identity = (number) => ({
  kind: 'file',
  path: `/images/d${number}.qcow2`,
  device: 2049,
  inode: number,
  stableId: null,
  format: 'qcow2',
  serial: null,
});

// Texts of instants and ids are shared, as they are when points of many domains are taken at once.
const days = chainCount * chainLength;
const instants = Array.from({ length: days }, (_none, index) =>
  new Date(newest - (days - 1 - index) * dayMs).toISOString(),
);

function chainsOf() {
  return Array.from({ length: chainCount }, (_none, chain) => {
    const first = chain * chainLength;
    return {
      id: `${compact(instants[first])}-00cc`,
      held: false,
      closed: null,
      points: Array.from({ length: chainLength }, (_same, sequence) => ({
        id: `${compact(instants[first + sequence])}-00aa`,
        sequence,
        level: sequence === 0 ? 'full' : 'increment',
        at: instants[first + sequence],
        bytes: 1024 ** 3,
      })),
    };
  });
}

function directoryOf(number) {
  const chains = chainsOf();
  const chain = chains[chainCount - 1];
  const point = chain.points[chainLength - 1];
  const checkpoint = `holdfast-${store.slice(0, 8)}-${point.id}`;
  return {
    directory: `d${number}`,
    uuid: uuidOf(number),
    name: `d${number}`,
    chains,
    tip: {
      chain: chain.id,
      point: point.id,
      directory: `${String(chainLength - 1).padStart(4, '0')}-${point.id.slice(0, 16)}-inc`,
      checkpoint,
      definitionDigest: 'e'.repeat(64),
      disks: [
        {
          target: 'vda',
          file: 'vda.qcow2',
          source: identity(number),
          sizeBytes: 20 * 1024 ** 3,
          tracked: true,
        },
      ],
    },
    incoming: [],
    lastLook: null,
  };
}

function domainOf(number, { tip }) {
  return {
    uuid: uuidOf(number),
    name: `d${number}`,
    persistent: true,
    state: 'running',
    stateReason: 'booted',
    runningId: number,
    managedSave: false,
    agent: 'connected',
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
        sizeBytes: 20 * 1024 ** 3,
        allocatedBytes: 8 * 1024 ** 3,
        images: { seen: true, value: [{ identity: identity(number), stat: null }] },
        bitmaps: null,
      },
    ],
    internalSnapshots: [],
    job: null,
    blockJobs: [],
    checkpoints: {
      seen: true,
      value: [
        {
          name: tip.checkpoint,
          parent: null,
          disks: [{ target: 'vda', bitmap: tip.checkpoint, dirtyBytes: 1024 ** 2 }],
        },
      ],
    },
    nvram: null,
    tpm: false,
    definitionDigest: 'e'.repeat(64),
  };
}

function desiredOf(retention) {
  const place = { file: 'policy.yaml', line: 20, column: 5 };
  return {
    policy: { file: 'policy.yaml', digest: 'd'.repeat(64), branch: null, commit: null, rules: 1 },
    host: null,
    timezone: 'Europe/Berlin',
    stores: [
      {
        name: 'main',
        path: '/backups',
        place,
        reserve: { kind: 'percent', percent: 10 },
        trashKeepSeconds: 259_200,
        requireMount: false,
        limits: { jobs: 2, rateBytesPerSecond: null },
      },
    ],
    mirrors: [],
    domains: Array.from({ length: domainCount }, (_none, number) => ({
      uuid: uuidOf(number),
      name: `d${number}`,
      place,
      store: 'main',
      schedule: {
        name: 'nightly',
        cron: '0 2 * * *',
        timezone: 'Europe/Berlin',
        jitterSeconds: 600,
      },
      retention,
      mirrors: [],
      rpoSeconds: 93_600,
      quiesce: 'try',
      tracker: 'auto',
      encryptedDisks: 'refuse',
      disks: { include: null, exclude: [] },
      verify: 'structure',
      timeouts: { jobSeconds: 28_800, stallSeconds: 300, agentSeconds: 10 },
    })),
    ignored: [],
    moved: [],
    removed: [],
  };
}

const directories = Array.from({ length: domainCount }, (_none, number) => directoryOf(number));
const observed = {
  formatVersion: 1,
  observedAt,
  tool: 'bench',
  host: { name: 'kvm01', bootId: 'b', bootClockSeconds: 1000 },
  hypervisor: {
    seen: true,
    value: {
      kind: 'libvirt',
      uri: 'qemu:///system',
      version: '9.0.0',
      domains: directories.map((directory, number) => domainOf(number, directory)),
      unseenDomains: [],
    },
  },
  stores: [
    {
      name: 'main',
      path: '/backups',
      state: {
        kind: 'ready',
        id: store,
        freeBytes: 1024 ** 5,
        totalBytes: 1024 ** 5,
        mount: { device: 64, source: '/dev/sdb1' },
        writable: true,
        directories,
        unreadable: [],
        foreign: [],
        trash: [],
        memory: null,
        knownId: store,
      },
    },
  ],
  scratch: { seen: true, value: { path: '/scratch', freeBytes: 1024 ** 5, limitBytes: null } },
  runs: { seen: true, value: [] },
  mirrors: [],
};
const chain = { maxPoints: chainLength, maxAgeSeconds: null };
const retentions = {
  'keep all': { name: 'r', chain, keep: null, minPoints: 1 },
  'chains 3: a full and one deletion each': { name: 'r', chain, keep: { chains: 3 }, minPoints: 1 },
  'chains 1: three deletions each': { name: 'r', chain, keep: { chains: 1 }, minPoints: 1 },
  'last 7, daily 14, weekly 8, monthly 12': {
    name: 'r',
    chain,
    keep: { last: 7, daily: 14, weekly: 8, monthly: 12 },
    minPoints: 2,
  },
};
for (const [name, retention] of Object.entries(retentions)) {
  const started = process.cpuUsage();
  const plan = planPolicy(desiredOf(retention), observed, {
    targets: null,
    now: [],
    allow: [],
    unattended: false,
  });
  // Processor time: a busy machine must not look like a slow planner.
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  process.stdout.write(
    `${JSON.stringify({ name, seconds, actions: plan.actions.length, points: plan.observed[1].points })}\n`,
  );
}

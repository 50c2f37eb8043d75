import type { DrillRecord, ObservedDrills } from '../../../src/model/drill.ts';
import { domainUuid } from '../../../src/model/identity.ts';
import { addSeconds } from '../../../src/model/instant.ts';
import type { ObservedDirectory } from '../../../src/model/observed-store.ts';
import type { OpenIntent } from '../../../src/model/observed.ts';
import { seen } from '../../../src/model/result.ts';
import { chain, directory } from '../build-chain.ts';
import { domain, tracked } from '../build-domain.ts';
import { copies, mirrorMemoryFor, mirrorSeen } from '../build-mirror.ts';
import { day, gib, hour, now } from '../build-policy.ts';
import { aRun, deadRun } from '../build.ts';
import { drillOf } from '../drill-world.ts';
import { desiredOf, policyText, story, type SeenBeside, type Story } from './story.ts';

const web01 = domain(1, 'web01');
const db1 = domain(2, 'db1');
const mail01 = domain(3, 'mail01');

const monthly = '{ every: 30d, wait: agent, timeout: 5m }';

/** The usual policy, in which every domain is drilled. */
const policyWith = (drill: string, rules?: readonly string[]): string =>
  policyText(rules === undefined ? {} : { rules }).replace('rpo: 26h', `rpo: 26h, drill: ${drill}`);

const host = (more: Partial<ObservedDrills> = {}): ObservedDrills => ({
  memoryLimitBytes: 2 * gib,
  availableMemoryBytes: 12 * gib,
  network: null,
  scripts: ['web-answers'],
  ...more,
});

/** Five nightly points, the newest of last night. */
const upToDate = (one: typeof web01): ObservedDirectory =>
  directory(one, [chain('2026-11-18T01:00:00.000Z', 5)]);

/** The newest drill of a directory so many seconds ago, and how it ended. */
function drilledBefore(
  one: ObservedDirectory,
  secondsAgo: number,
  failure: DrillRecord['failure'] = null,
  passedAgo: number | null = null,
): ObservedDirectory {
  const { tip } = one;
  if (tip === null) throw new Error('no tip');
  const about = {
    chain: tip.chain,
    point: tip.point,
    sequence: 4,
    wait: 'agent',
    script: null,
    from: null,
  } as const;
  const last = drillOf(about, addSeconds(now, -secondsAgo), {
    result: failure === null ? 'passed' : 'failed',
    failure,
    usableSeconds: failure === null ? 6.2 : null,
  });
  const passed = passedAgo === null ? null : drillOf(about, addSeconds(now, -passedAgo));
  return { ...one, drills: { formatVersion: 1, last, passed: failure === null ? last : passed } };
}

const silent = { code: 'drill-silent', message: 'Its agent did not answer within 300 s.' };

/** A story of web01 alone. */
function ofWeb(name: string, policy: string, where: ObservedDirectory, beside: SeenBeside): Story {
  return story(name, policy, [tracked(web01, where)], [where], beside);
}

const left: OpenIntent = {
  kind: 'drill',
  uuid: web01.uuid,
  name: 'web01',
  guest: { uuid: domainUuid('0d0d0d0d-1111-4222-8333-444444444444'), name: `web01-drill-${aRun}` },
  paths: [`/var/lib/holdfast/scratch/drill-${aRun}-3`, `/run/holdfast/drill-${aRun}-3`],
};

/** The machine of a drill whose run died, as libvirt lists it. */
const guest = domain(9, left.guest.name, {
  uuid: left.guest.uuid,
  persistent: false,
  agent: 'disconnected',
});

/** The copy of a mirror in a directory is booted, and what this plan copies there counts. */
function fromMirror(): Story {
  const policy = policyWith('{ every: 7d, wait: none, timeout: 2m, from: usb }')
    .replace('rpo: 26h', 'rpo: 26h, mirrors: [usb]')
    .concat('mirrors:\n  usb: { type: rsync, target: /mnt/usb/vms/, retention: far }\n')
    .replace('defaults:', '  far: { keep: all }\ndefaults:');
  const where = upToDate(web01);
  const chains = where.chains.map((one) => ({ ...one, points: one.points.slice(0, 4) }));
  const look = { ...mirrorSeen([copies(web01, chains)]), name: 'usb' };
  const observed = { drills: host(), mirrors: [look] };
  const bare = ofWeb('drill-from-a-mirror', policy, where, observed);
  const [desired] = desiredOf(policy, bare.observed).mirrors;
  if (desired === undefined) throw new Error('no mirror');
  return ofWeb('drill-from-a-mirror', policy, where, {
    ...observed,
    memory: { mirrors: { usb: mirrorMemoryFor(desired, look) } },
  });
}

/** Points that are booted to prove that they can be. */
export const drillStories: readonly Story[] = [
  ofWeb('drill-never-made', policyWith(monthly), upToDate(web01), { drills: host() }),
  story('drill-of-the-first-point', policyWith(monthly), [web01], [], { drills: host() }),
  ofWeb('drill-not-due', policyWith(monthly), drilledBefore(upToDate(web01), 12 * day), {
    drills: host(),
  }),
  story(
    'drills-oldest-proof-first',
    policyWith(monthly),
    [web01, db1, mail01].map((one) => tracked(one, upToDate(one))),
    [
      drilledBefore(upToDate(web01), 31 * day),
      drilledBefore(upToDate(db1), 40 * day),
      upToDate(mail01),
    ],
    { drills: host() },
  ),
  ofWeb(
    'drill-failed-today',
    policyWith(monthly),
    drilledBefore(upToDate(web01), 3 * hour, silent, 33 * day),
    {
      drills: host(),
    },
  ),
  ofWeb(
    'drill-failed-yesterday',
    policyWith(monthly),
    drilledBefore(upToDate(web01), 25 * hour, silent),
    {
      drills: host(),
    },
  ),
  story(
    'drill-quarantined-point',
    policyWith(monthly),
    [tracked(web01, upToDate(web01))],
    [quarantined(upToDate(web01))],
    { drills: host() },
  ),
  ofWeb('drill-no-memory', policyWith(monthly), upToDate(web01), {
    drills: host({ availableMemoryBytes: gib }),
  }),
  ofWeb('drill-no-scratch', policyWith(monthly), upToDate(web01), {
    drills: host(),
    scratch: seen({
      path: '/var/lib/holdfast/scratch',
      freeBytes: 300 * 1024 ** 2,
      limitBytes: null,
    }),
  }),
  story(
    'drill-cannot-be-asked',
    policyWith('{ every: 30d }', [
      'name: web01, drill: { script: db-answers }',
      'name: db1, drill: { wait: port, port: 22 }',
      'name: mail01',
      'name: quiet, drill: { boot: false }',
    ]),
    [web01, db1, { ...mail01, agent: 'none' as const }, domain(4, 'quiet')].map((one) =>
      tracked(one, upToDate(one)),
    ),
    [web01, db1, mail01, domain(4, 'quiet')].map(upToDate),
    { drills: host() },
  ),
  ofWeb(
    'drill-with-a-script',
    policyWith('{ every: 30d, wait: port, port: 443, script: web-answers }'),
    upToDate(web01),
    { drills: host({ network: 'drill' }) },
  ),
  fromMirror(),
  story(
    'drill-that-died',
    policyWith(monthly),
    [tracked(web01, upToDate(web01)), guest],
    [drilledBefore(upToDate(web01), 2 * day)],
    { drills: host(), runs: seen([deadRun([left])]) },
  ),
];

/** The same, its newest point in quarantine: what the drill boots is the one before. */
function quarantined(one: ObservedDirectory): ObservedDirectory {
  const chains = one.chains.map((each) => ({
    ...each,
    points: each.points.map((point, at) =>
      at === each.points.length - 1 ? { ...point, fault: 'quarantined' as const } : point,
    ),
  }));
  const tip = directory(web01, [chain('2026-11-18T01:00:00.000Z', 4)]).tip;
  return { ...one, chains, tip };
}

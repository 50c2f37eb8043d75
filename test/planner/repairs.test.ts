import { describe, expect, it } from 'vitest';
import { chainId, checkpointOf, runId } from '../../src/model/identity.ts';
import type { ObservedDomain, OpenIntent } from '../../src/model/observed.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { chain, directory, pointAt, withPoint } from './build-chain.ts';
import { disk, domain, off, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, mainId, uuidOf } from './build-policy.ts';
import { aRun, deadRun, world } from './build.ts';
import { told } from './told.ts';

const desired = desiredState([desiredDomain(1, 'web01')]);
const fresh = chain('2026-11-20T01:00:00.000Z', 3);
const web01 = domain(1, 'web01');
const here = directory(web01, [fresh]);

/** The plan after a run that died and left these. */
function left(
  open: readonly OpenIntent[],
  one: ObservedDomain = tracked(web01, here),
  where = here,
  gone: readonly string[] = [],
) {
  return told(
    desired,
    world(desired, [one], [where], {
      runs: seen([deadRun(open, { gone })]),
    }),
  );
}

const who = { uuid: uuidOf(1), name: 'web01' };
const job: OpenIntent = {
  kind: 'backup-job',
  ...who,
  socket: '/run/holdfast/a.sock',
  scratch: ['/var/lib/holdfast/scratch/vda'],
  checkpoint: null,
  point: pointAt('2026-11-22T01:00:00.000Z'),
};

describe('leftovers of dead runs become explicit actions', () => {
  it('I10: a frozen guest is thawed, first of all', () => {
    expect(left([{ kind: 'frozen-domain', ...who }]).actions).toEqual(['thaw-domain domain/web01']);
  });

  it('I10: a guest that is off needs no thaw; one that could not be seen gets it', () => {
    const isOff = tracked(off(web01), here);
    expect(left([{ kind: 'frozen-domain', ...who }], isOff).actions).toEqual([]);
    const observed = world(desired, [], [here], {
      runs: seen([deadRun([{ kind: 'frozen-domain', ...who }])]),
      hypervisor: seen({
        kind: 'libvirt',
        uri: 'qemu:///system',
        version: '9.0.0',
        domains: [],
        unseenDomains: [{ ...who, code: 'no-xml', message: 'no XML came' }],
      }),
    });
    expect(told(desired, observed).actions).toEqual(['thaw-domain domain/web01']);
  });

  it('I14: our job without a run is aborted, and the backup waits for that', () => {
    const running = { ...tracked(web01, here), job: { operation: 'backup', run: aRun } };
    const { plan, actions } = left([job], running);
    expect(actions).toEqual(['abort-job domain/web01']);
    expect(plan.actions[0]).toMatchObject({ socket: '/run/holdfast/a.sock', run: aRun });
    const older = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);
    const due = { ...tracked(web01, older), job: { operation: 'backup', run: aRun } };
    const both = left([job], due, older);
    expect(both.actions).toEqual(['abort-job domain/web01', 'backup domain/web01']);
    expect(both.backups[0]?.dependsOn).toEqual([`abort-job:${aRun}:${uuidOf(1)}`]);
  });

  it('a job that is gone, or is another run’s, is not aborted', () => {
    expect(left([job]).actions).toEqual([]);
    const other = runId('20261122T020000Z-00000001');
    const running = { ...tracked(web01, here), job: { operation: 'backup', run: other } };
    expect(left([job], running).actions).toEqual([]);
  });

  it('I11: a domain that a run had started is stopped, if it is that one and still paused', () => {
    const started: OpenIntent = { kind: 'started-domain', ...who, runningId: 7 };
    const paused = { ...tracked(web01, here), state: 'paused', runningId: 7 } as const;
    expect(left([started], paused).actions).toEqual(['restore-power-state domain/web01']);
    expect(left([{ ...started, runningId: null }], paused).actions).toHaveLength(1);
    expect(left([started], { ...paused, runningId: 8 }).actions).toEqual([]);
    const foreign = { ...paused, job: { operation: 'backup', run: null } };
    expect(left([started], foreign).actions).toEqual([]);
    const ours = { ...paused, job: { operation: 'backup', run: aRun } };
    expect(left([started, job], ours).actions).toEqual([
      'abort-job domain/web01',
      'restore-power-state domain/web01',
    ]);
    const resumed = left([started], { ...paused, state: 'running' });
    expect([resumed.actions, resumed.notes]).toEqual([[], ['left-running domain/web01']]);
  });

  it('the point after it finds the domain off, and drops find its images', () => {
    const older = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);
    const listed = tracked(web01, older);
    const orphan = checkpointOf(mainId, pointAt('2026-11-22T01:00:00.000Z', 'dead'));
    const paused: ObservedDomain = {
      ...listed,
      state: 'paused',
      runningId: 7,
      checkpoints: seen([
        ...(listed.checkpoints.seen ? listed.checkpoints.value : []),
        { name: orphan, parent: null, disks: [{ target: 'vda', bitmap: orphan, dirtyBytes: 0 }] },
      ]),
    };
    const { plan, actions } = left(
      [{ kind: 'started-domain', ...who, runningId: 7 }],
      paused,
      older,
    );
    expect(actions).toEqual([
      'restore-power-state domain/web01',
      'drop-checkpoint domain/web01',
      'backup domain/web01',
    ]);
    expect(plan.actions[1]).toMatchObject({
      power: 'off',
      listed: true,
      images: ['/var/lib/libvirt/images/web01-vda.qcow2'],
      dependsOn: [`restore-power-state:${aRun}:${uuidOf(1)}`],
    });
    expect(plan.actions[2]).toMatchObject({ power: 'off', level: 'increment' });
  });

  it('images that a restore had set aside are put back, and the point waits for the next plan', () => {
    const swap: OpenIntent = {
      kind: 'restore-swap',
      ...who,
      swaps: [{ to: '/a', aside: '/a.old' }],
    };
    const older = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);
    const isOff = tracked(off(web01), older);
    const { actions, verdicts } = left([swap], isOff, older);
    expect(actions).toEqual(['put-back domain/web01']);
    expect(verdicts['web01']).toBe('waiting put-back-first');
    const runs = left([swap]);
    expect([runs.actions, runs.notes]).toEqual([[], ['not-put-back domain/web01']]);
  });

  it('of a swap nothing of which is aside, nothing is put back, and no point waits for it', () => {
    const swap: OpenIntent = {
      kind: 'restore-swap',
      ...who,
      swaps: [{ to: '/a', aside: '/a.old' }],
    };
    const older = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);
    const { actions } = left([swap], tracked(off(web01), older), older, ['/a.old']);
    expect(actions).toEqual(['backup domain/web01']);
  });

  it('an unfinished point is discarded, unless a living process holds it', () => {
    const incoming = {
      path: 'domains/web01/20261120T010000Z-00cc/.incoming-0003-20261122T010000Z-inc',
      chain: fresh.id,
      point: pointAt('2026-11-22T01:00:00.000Z'),
      bytes: 5,
      busy: false,
    };
    const running = { ...tracked(web01, here), job: { operation: 'backup', run: aRun } };
    const { plan, actions } = left([job], running, { ...here, incoming: [incoming] });
    expect(actions).toEqual([
      'abort-job domain/web01',
      'discard-incoming domain/web01/20261120T010000Z-00cc',
    ]);
    expect(plan.actions[1]?.dependsOn).toEqual([`abort-job:${aRun}:${uuidOf(1)}`]);
    expect(
      left([], undefined, { ...here, incoming: [{ ...incoming, busy: true }] }).actions,
    ).toEqual([]);
  });

  it('nothing is repaired from journals that cannot be read', () => {
    const observed = world(desired, [tracked(web01, here)], [here], {
      runs: unseen('journal', 'no'),
    });
    const { actions, plan } = told(desired, observed);
    expect([actions, plan.incomplete]).toEqual([[], true]);
  });
});

const orphan = (name: string) => ({
  name,
  parent: null,
  disks: [{ target: 'vda', bitmap: name, dirtyBytes: 0 }],
});

const withOrphan = (name: string, one: ObservedDomain = tracked(web01, here)): ObservedDomain => ({
  ...one,
  checkpoints: seen([...(one.checkpoints.seen ? one.checkpoints.value : []), orphan(name)]),
});

describe('checkpoints of ours', () => {
  const orphanName = checkpointOf(mainId, pointAt('2026-11-22T01:00:00.000Z', 'dead'));
  it('one that no published point uses is dropped; the newest point’s stays', () => {
    const { plan, actions } = left([], withOrphan(orphanName));
    expect(actions).toEqual(['drop-checkpoint domain/web01']);
    expect(plan.actions[0]).toMatchObject({
      checkpoint: orphanName,
      listed: true,
      images: [],
      power: 'running',
      reasons: [{ code: 'no-point-uses-it' }],
    });
  });

  it('I7: another store’s and a user’s own are foreign', () => {
    const foreign = checkpointOf(
      'ffff'.padEnd(32, 'f') as typeof mainId,
      pointAt('2026-11-22T01:00:00.000Z'),
    );
    expect(left([], withOrphan(foreign)).actions).toEqual([]);
    expect(left([], withOrphan('before-upgrade')).actions).toEqual([]);
  });

  it('a bitmap that is left in the image of a domain that is off', () => {
    const isOff = tracked(off(web01), here);
    const tip = here.tip?.checkpoint ?? '';
    const bitmaps = seen(
      [tip, orphanName].map((name) => ({ name, granularityBytes: 65_536, flags: ['auto'] })),
    );
    const { plan, actions } = left([], {
      ...isOff,
      disks: [disk('web01', 'vda', 101, { bitmaps })],
    });
    expect(actions).toEqual(['drop-checkpoint domain/web01']);
    expect(plan.actions[0]).toMatchObject({
      checkpoint: orphanName,
      listed: false,
      images: ['/var/lib/libvirt/images/web01-vda.qcow2'],
      power: 'off',
    });
  });

  it('the one of a faulty newer point waits for the next full, which lets go of it', () => {
    const faulty = withPoint(fresh, 2, { fault: 'file-size' });
    const where = directory(web01, [faulty]);
    const newer = checkpointOf(mainId, pointAt('2026-11-22T01:00:00.000Z'));
    const { backups, actions } = left([], withOrphan(newer, web01), where);
    expect(actions).toEqual(['backup domain/web01']);
    expect(backups[0]?.release).toEqual([newer]);
  });

  it('I4: the one of a newer point whose manifest cannot be read stays too', () => {
    // Without the manifest the store knows the point by its instant alone.
    const unread = withPoint(fresh, 2, {
      id: pointAt('2026-11-22T01:00:00.000Z', '0000'),
      fault: 'manifest-newer',
    });
    const newer = checkpointOf(mainId, pointAt('2026-11-22T01:00:00.000Z', 'beef'));
    const where = directory(web01, [unread]);
    const { actions, backups } = left([], withOrphan(newer, web01), where);
    expect(actions).not.toContain('drop-checkpoint domain/web01');
    expect(backups[0]?.release ?? [newer]).toEqual([newer]);
  });

  it('of a closed chain goes at once', () => {
    const where = directory(web01, [{ ...fresh, closed: 'untracked' }]);
    const { plan } = left([], tracked(web01, where), where);
    expect(plan.actions.map(({ kind, reasons }) => [kind, reasons])).toEqual([
      ['drop-checkpoint', [{ code: 'untracked' }]],
    ]);
  });

  it('nothing is dropped while a job works on the domain, it is saved, or unmanaged', () => {
    expect(left([], { ...withOrphan(orphanName), blockJobs: ['vda'] }).actions).toEqual([]);
    expect(left([], { ...off(withOrphan(orphanName)), managedSave: true }).actions).toEqual([]);
    const nobody = desiredState([desiredDomain(2, 'other')]);
    expect(told(nobody, world(nobody, [withOrphan(orphanName)], [here])).actions).toEqual([]);
  });

  it('I4: nothing is dropped where the store was not seen completely', () => {
    const observed = world(desired, [withOrphan(orphanName)], [here], {
      store: { unreadable: [{ path: 'domains/web01/x', code: 'EIO', message: 'I/O error' }] },
    });
    expect(told(desired, observed).actions).toEqual(['drop-checkpoint domain/web01 !G151']);
  });
});

it('a blank directory becomes a store, and the first points wait for it', () => {
  const observed = {
    ...world(desired, [web01], []),
    stores: [
      {
        name: 'main',
        path: '/backups',
        state: {
          kind: 'blank',
          freeBytes: 10 ** 12,
          totalBytes: 10 ** 12,
          mount: { device: 64, source: '/dev/sdb1' },
          knownId: null,
        },
      },
    ],
  } as const;
  const { actions, backups, plan } = told(desired, observed);
  expect(actions).toEqual(['create-store store/main', 'backup domain/web01']);
  expect(backups[0]?.dependsOn).toEqual(['create-store:main']);
  expect(backups[0]?.store.id).toMatch(/^[0-9a-f]{32}$/);
  expect(plan.observed[1]).toEqual({
    part: 'main',
    seen: true,
    message: null,
    chains: 0,
    points: 0,
  });
  expect(chainId('20261122T093002Z-0000').slice(0, 16)).toBe(backups[0]?.chain.slice(0, 16));
});

it('a second domain of a name that is taken gets a directory of its own', () => {
  const gone = directory(domain(9, 'web01'), [fresh]);
  const { backups } = told(desired, world(desired, [web01], [gone]));
  expect(backups[0]?.directory).toBe('web01~00000000');
});

import { describe, expect, it } from 'vitest';
import { runId } from '../../src/model/identity.ts';
import type { ObservedDomain, OpenIntent } from '../../src/model/observed.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { chain, directory, pointAt } from './build-chain.ts';
import { disk, domain, identityOf, off, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, gib, uuidOf } from './build-policy.ts';
import { aRun, deadRun, world } from './build.ts';
import { told } from './told.ts';

const desired = desiredState([desiredDomain(1, 'web01')]);
const web01 = domain(1, 'web01');
const here = directory(web01, [chain('2026-11-20T01:00:00.000Z', 3)]);
const who = { uuid: uuidOf(1), name: 'web01' };

const image = `/images/web01.qcow2.restoring-${aRun}`;
const sockets = `/run/holdfast/instant-${aRun}-0`;
const restored: OpenIntent = {
  kind: 'restore-files',
  ...who,
  files: [{ path: image, place: '/images/web01.qcow2' }],
  instant: null,
};
const instant: OpenIntent = { ...restored, instant: { sockets, held: null } };
const scratch: OpenIntent = {
  kind: 'backup-job',
  ...who,
  checkpoint: null,
  point: pointAt('2026-11-22T01:00:00.000Z'),
  socket: `/run/holdfast/${aRun}-0/nbd.sock`,
  scratch: [`/scratch/${aRun}-0/vda.scratch`, `/scratch/${aRun}-0/vdb.scratch`],
};
/** Another domain, with an image at a path. */
const standingOn = (path: string, unread = false): ObservedDomain =>
  domain(2, 'mine', {
    disks: [
      disk('mine', 'vda', 201, {
        images: unread
          ? unseen('not-readable', 'EIO')
          : seen([{ identity: identityOf(path, 201), stat: null }]),
      }),
    ],
  });

/** The plan after a run that died with this open; nothing is in the image's own place. */
const left = (
  open: OpenIntent,
  more: { one?: ObservedDomain; where?: typeof here; others?: readonly ObservedDomain[] } = {},
  gone: readonly string[] = ['/images/web01.qcow2'],
) => {
  const { where = here, one = tracked(web01, where), others = [] } = more;
  return told(
    desired,
    world(desired, [one, ...others], [where], { runs: seen([deadRun([open], { gone })]) }),
  );
};

/** Paths that the plan removes. */
const discarded = (
  open: OpenIntent,
  others: readonly ObservedDomain[],
  gone: readonly string[] = [],
) =>
  left(open, { others }, ['/images/web01.qcow2', ...gone]).plan.actions.flatMap((action) =>
    action.kind === 'discard-files' ? action.paths : [],
  );

describe('files that carry the name of a dead run', () => {
  it('are removed: an image that was being written, servers, scratch of a job that is gone', () => {
    expect(discarded(restored, [])).toEqual([image]);
    expect(discarded(instant, [])).toEqual([image, sockets]);
    expect(discarded(scratch, [])).toEqual([`/run/holdfast/${aRun}-0`, `/scratch/${aRun}-0`]);
  });

  it('are shown with what their removal frees, and hold no backup up', () => {
    const older = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);
    const { plan, backups } = left(scratch, { where: older });
    expect(plan.actions[0]).toMatchObject({
      id: `discard-files:backup-job:${aRun}:${uuidOf(1)}`,
      bytes: 2 * gib,
    });
    expect(backups.map(({ dependsOn }) => dependsOn)).toEqual([[]]);
  });

  it.each([
    ['not there', [], [image, sockets]],
    ['an image of a domain', [standingOn(image)], [sockets]],
    ['perhaps an image of a domain', [standingOn(image, true)], []],
  ] as const)('stay where one is %s', (_what, others, gone) => {
    expect(discarded(instant, others, [...gone])).toEqual([]);
  });

  it('stay while a domain stands on the overlays: then its servers are needed', () => {
    expect(discarded(instant, [standingOn('/images/web01.qcow2')], [image])).toEqual([]);
    expect(discarded(restored, [standingOn('/images/web01.qcow2')])).toEqual([image]);
  });

  it('scratch stays while a job of nobody known is on the domain', () => {
    const busy = { ...tracked(web01, here), job: { operation: 'backup', run: null } };
    expect(left(scratch, { one: busy }).actions).toEqual([]);
  });

  it('scratch goes behind the end of another dead run’s job (I3)', () => {
    const later = runId('20261122T010500Z-0000beef');
    const open: OpenIntent = {
      ...scratch,
      socket: `/run/holdfast/${later}-0/nbd.sock`,
      scratch: [`/scratch/${later}-0/vda.scratch`],
    };
    const busy = { ...tracked(web01, here), job: { operation: 'backup', run: later } };
    const runs = seen([deadRun([scratch]), { ...deadRun([open]), run: later }]);
    const { plan } = told(desired, world(desired, [busy], [here], { runs }));
    expect(plan.actions.map(({ id, dependsOn }) => ({ id, dependsOn }))).toEqual([
      { id: `abort-job:${later}:${uuidOf(1)}`, dependsOn: [] },
      {
        id: `discard-files:backup-job:${aRun}:${uuidOf(1)}`,
        dependsOn: [`abort-job:${later}:${uuidOf(1)}`],
      },
    ]);
  });

  it('nothing goes that has not the run in its name', () => {
    const files = [{ path: '/images/web01.qcow2.restoring', place: null }];
    expect(discarded({ ...restored, files }, [])).toEqual([]);
  });

  it('an image in its place, and a hold, are told and left', () => {
    const held = 'domain/web01/20261120T010000Z-00cc';
    const { actions, notes } = left({ ...instant, instant: { sockets, held } }, {}, [image]);
    expect(actions).toEqual(['discard-files domain/web01']);
    expect(notes).toEqual(['hold-left domain/web01', 'restored-not-defined domain/web01']);
  });
});

it('a device that a restore left half written: said until it is restored, and no point while off', () => {
  const [device, other] = ['/dev/vg/web01', '/dev/vg/other'];
  const write: OpenIntent = { kind: 'device-write', ...who, devices: [device] };
  const where = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);
  const on = (path: string, one = off(web01)): ObservedDomain => ({
    ...tracked(one, where),
    disks: [
      disk('web01', 'vda', 101, {
        images: seen([{ identity: identityOf(path, 1), stat: null }]),
        bitmaps: one.state === 'off' ? seen([]) : null,
      }),
    ],
  });
  const half = left(write, { one: on(device), where });
  expect([half.actions, half.notes, half.verdicts['web01']]).toEqual([
    [],
    ['device-half-written domain/web01'],
    'waiting restore-first',
  ]);
  // Whoever starts it uses it as it is: then points of it are worth having.
  const up = left(write, { one: on(device, web01), where });
  expect([up.actions, up.notes]).toEqual([
    ['backup domain/web01'],
    ['device-half-written domain/web01'],
  ]);
  const elsewhere = left(write, { one: on(other), where });
  expect([elsewhere.actions.at(-1), elsewhere.notes]).toEqual(['backup domain/web01', []]);
});

it('an image that is missing is said, also where no point is due: most of all where it is set aside', () => {
  const swap: OpenIntent = { kind: 'restore-swap', ...who, swaps: [{ to: '/a', aside: '/a.old' }] };
  const whole = tracked(off(web01), here);
  const images = unseen('image-missing', '/a does not exist');
  const one = { ...whole, disks: whole.disks.map((each) => ({ ...each, images, bitmaps: null })) };
  const said = [expect.objectContaining({ facts: { part: 'vda', message: '/a does not exist' } })];
  const aside = left(swap, { one });
  expect([aside.actions, aside.plan.notes, aside.plan.incomplete]).toEqual([
    ['put-back domain/web01'],
    said,
    true,
  ]);
  const lost = left(swap, { one }, ['/a.old']);
  expect([lost.actions, lost.plan.notes, lost.plan.incomplete]).toEqual([[], said, true]);
});

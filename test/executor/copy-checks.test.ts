import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { placeOf } from '../../src/mirror/mirror-place.ts';
import type { Backup } from '../../src/model/backup-action.ts';
import type { VerifyCopies } from '../../src/model/check-action.ts';
import type { CopyPoints } from '../../src/model/copy-action.ts';
import { seen, ok } from '../../src/model/result.ts';
import { modelEnd } from '../mirror/model-end.ts';
import type { FakeWorld } from './fake-world.ts';
import { codesOf, copyOf, hideOf, mirrorOf, run, setUp } from './mirror-rig.ts';

function checkOf(world: FakeWorld, backups: readonly Backup[]): VerifyCopies {
  const [first] = backups;
  if (first === undefined) throw new Error('no backups');
  return {
    kind: 'verify-copies',
    id: 'verify-copies:nas:main:vm1',
    wave: 50,
    address: 'nas:domain/vm1',
    dependsOn: [],
    reasons: [],
    place: null,
    blockedBy: [],
    bytes: 20 * backups.length,
    domain: first.domain,
    mirror: mirrorOf(world, 'nas'),
    directory: first.directory,
    depth: 'hash',
    points: backups.map(({ chain, point, pointDirectory, sequence }) => {
      return { chain, id: point, directory: pointDirectory, sequence, bytes: 20, checkedAt: null };
    }),
    rateBytesPerSecond: 1e9,
  };
}

/** Two points and their copies at a mirror in memory, behind the real driver. */
async function rig() {
  const { world, backups, paths } = await setUp();
  const end = modelEnd();
  const drivers = {
    ...world.drivers(),
    openMirror: ({ name, target, store }: VerifyCopies['mirror']) => {
      const stateDir = join(world.root, 'mirror-state');
      const settings = { name, target, bandwidthBytesPerSecond: null, deletes: 'never', stateDir };
      return ok(placeOf({ ...settings, deletes: 'never' }, end).of(store));
    },
  };
  const apply: FakeWorld['apply'] = (actions, options) =>
    world.apply(actions, { drivers, ...options });
  const far = (index: number, file: string): string =>
    `${world.store.id}/domains/${paths[index]}/${file}`;
  const read = (index: number, file: string): string | null =>
    end.files.get(far(index, file))?.toString() ?? null;
  const mark = (index: number, file: string): unknown => {
    const text = read(index, file);
    return text === null ? null : JSON.parse(text);
  };
  const here = (index: number, file: string): string =>
    join(world.store.path, 'domains', paths[index] ?? '', file);
  expect(codesOf(await apply([copyOf(world, backups)], { run: run(4) }))).toEqual(['done']);
  end.calls.length = 0;
  const look = async () => {
    const mirror = drivers.openMirror(mirrorOf(world, 'nas')).value;
    const content = await mirror.observe({ signal: new AbortController().signal });
    expect(content).toMatchObject(seen({ kind: 'ready', foreign: 0 }));
    if (!content.seen) throw new Error('the mirror was not seen');
    return content.value.directories[0]?.chains[0]?.points ?? [];
  };
  return { world, backups, end, apply, far, read, mark, here, look };
}

const flip = (end: ReturnType<typeof modelEnd>, path: string): void => {
  const content = Buffer.from(end.files.get(path) ?? '');
  content.writeUInt8(content.readUInt8(3) ^ 1, 3);
  end.files.set(path, content);
};

const mendOf = (world: FakeWorld, backups: readonly Backup[], bad: number): CopyPoints => {
  const copy = copyOf(world, backups.slice(bad, bad + 1));
  const damaged = backups.slice(bad, bad + 1).map(({ pointDirectory }) => pointDirectory);
  return { ...copy, compare: 'content', damaged };
};

it('notes at the mirror which copies it found sound', async () => {
  const { world, backups, end, apply, mark, look } = await rig();
  using _ = world;
  const report = await apply([checkOf(world, backups)], { run: run(5) });
  expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([{ code: 'done', bytes: 40 }]);
  for (const index of [0, 1]) {
    expect(mark(index, 'checked.json')).toMatchObject({ depth: 'hash' });
    expect(mark(index, 'quarantine.json')).toBeNull();
  }
  expect(end.calls.filter((call) => call.startsWith('hash'))).toHaveLength(1);
  expect((await look()).map(({ checked }) => typeof checked?.hash)).toEqual(['string', 'string']);
});

it('puts a damaged copy into quarantine there, and lets nothing of the domain go', async () => {
  const { world, backups, end, apply, far, mark, look } = await rig();
  using _ = world;
  flip(end, far(1, 'vda.qcow2'));
  const [full] = backups;
  const hide = hideOf(world, backups);
  const report = await apply([checkOf(world, backups), hide], { run: run(5) });
  expect(report.actions.map(({ outcome }) => outcome)).toEqual([
    {
      code: 'failed',
      failure: {
        code: 'copies-damaged',
        message: `1 of 2 copies are damaged and in quarantine there now: nas:domain/vm1/${full?.chain}/0001; the next plan copies again what the store has sound.`,
      },
    },
    { code: 'skipped', because: 'verify-copies:nas:main:vm1' },
  ]);
  expect(mark(0, 'checked.json')).toMatchObject({ depth: 'hash' });
  expect(mark(1, 'checked.json')).toBeNull();
  expect(mark(1, 'quarantine.json')).toMatchObject({ code: 'hash-differs', files: ['vda.qcow2'] });
  expect((await look()).map(({ fault, damaged }) => [fault, damaged])).toEqual([
    [undefined, undefined],
    ['quarantined', ['vda.qcow2']],
  ]);
});

it('mends only what is damaged, although nothing may be deleted there, and reads it again', async () => {
  const { world, backups, end, apply, far, read, mark, here, look } = await rig();
  using _ = world;
  flip(end, far(0, 'vda.qcow2'));
  await apply([checkOf(world, backups)], { run: run(5) });
  end.calls.length = 0;
  const report = await apply([mendOf(world, backups, 0)], { run: run(6) });
  expect(codesOf(report)).toEqual(['done']);
  expect(end.calls.filter((call) => /^(push|hash|remove)/.test(call))).toEqual([
    'hash 0000/vda.qcow2 0000/domain.xml 0000/domain-live.xml 0000/checkpoint.xml',
    'push 0000/vda.qcow2',
    'hash 0000/vda.qcow2 0000/domain.xml 0000/domain-live.xml 0000/checkpoint.xml',
    'push 0000/checked.json',
    'remove 0000/quarantine.json',
  ]);
  expect(read(0, 'vda.qcow2')).toBe(readFileSync(here(0, 'vda.qcow2'), 'utf8'));
  expect(mark(0, 'quarantine.json')).toBeNull();
  expect((await look()).map(({ fault }) => fault)).toEqual([undefined, undefined]);
});

it('overwrites nothing there when the point here is damaged too, and says so of the point', async () => {
  const { world, backups, end, apply, far, read, mark, here } = await rig();
  using _ = world;
  flip(end, far(0, 'vda.qcow2'));
  await apply([checkOf(world, backups)], { run: run(5) });
  const before = read(0, 'vda.qcow2');
  writeFileSync(here(0, 'vda.qcow2'), 'another flip');
  const report = await apply([mendOf(world, backups, 0)], { run: run(6) });
  expect(report.actions.map(({ outcome }) => outcome)).toEqual([
    {
      code: 'failed',
      failure: {
        code: 'point-damaged',
        message: `domain/vm1/${backups[0]?.chain}/0000 is damaged in store main too (vda.qcow2) and in quarantine now, so nothing of its copy at nas was overwritten.`,
      },
    },
  ]);
  expect(read(0, 'vda.qcow2')).toBe(before);
  expect(mark(0, 'quarantine.json')).not.toBeNull();
  expect(existsSync(here(0, 'quarantine.json'))).toBe(true);
});

it('goes on after a mending that was cut off, and lifts a mark that nothing proves', async () => {
  const { world, backups, end, apply, far, mark, look } = await rig();
  using _ = world;
  flip(end, far(0, 'vda.qcow2'));
  await apply([checkOf(world, backups)], { run: run(5) });
  end.failures.set('remove', { code: 'mirror-unreachable', message: 'the line is cut' });
  const cut = await apply([mendOf(world, backups, 0)], { run: run(6) });
  expect(codesOf(cut)).toEqual(['failed']);
  expect(mark(0, 'quarantine.json')).not.toBeNull();
  end.failures.clear();
  end.calls.length = 0;
  expect(codesOf(await apply([mendOf(world, backups, 0)], { run: run(7) }))).toEqual(['done']);
  expect(end.calls.filter((call) => call.startsWith('push '))).toEqual(['push 0000/checked.json']);
  expect((await look()).map(({ fault }) => fault)).toEqual([undefined, undefined]);
});

it('does not lift the mark of a copy that is damaged there still', async () => {
  const { world, backups, end, apply, far, mark } = await rig();
  using _ = world;
  flip(end, far(0, 'vda.qcow2'));
  await apply([checkOf(world, backups)], { run: run(5) });
  const real = { ...end };
  Object.assign(end, {
    push: async (transfer: Parameters<typeof end.push>[0]) => {
      const done = await real.push(transfer);
      if (transfer.paths.some((path) => path.endsWith('vda.qcow2'))) flip(end, far(0, 'vda.qcow2'));
      return done;
    },
  });
  const report = await apply([mendOf(world, backups, 0)], { run: run(6) });
  expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
    { code: 'failed', failure: { code: 'copy-damaged' } },
  ]);
  expect(mark(0, 'quarantine.json')).not.toBeNull();
});

it('checks the others when one is gone, and says that it was not checked', async () => {
  const { world, backups, end, apply, far, mark } = await rig();
  using _ = world;
  end.files.delete(far(1, 'point.json'));
  const report = await apply([checkOf(world, backups)], { run: run(5) });
  expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([{ code: 'done', bytes: 20 }]);
  expect(mark(0, 'checked.json')).toMatchObject({ depth: 'hash' });
  expect(mark(1, 'checked.json')).toBeNull();
  expect(world.events).toContainEqual(
    expect.objectContaining({
      kind: 'warning',
      failure: expect.objectContaining({ code: 'point-gone' }),
    }),
  );
});

it('fails, and notes nothing, where the mirror is not reached', async () => {
  const { world, backups, end, apply, mark } = await rig();
  using _ = world;
  end.failures.set('hash', { code: 'mirror-unreachable', message: 'no route to host' });
  const report = await apply([checkOf(world, backups)], { run: run(5) });
  expect(report.actions.map(({ outcome }) => outcome)).toEqual([
    { code: 'failed', failure: { code: 'mirror-unreachable', message: 'no route to host' } },
  ]);
  expect(mark(0, 'checked.json')).toBeNull();
});

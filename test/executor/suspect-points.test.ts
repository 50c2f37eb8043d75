import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fail } from '../../src/model/result.ts';
import { backupOf } from './fake-world.ts';
import { copyOf, run, setUp } from './mirror-rig.ts';

/** Two points, and a third whose image differs from its source, with `verify: source`. */
async function third(spoil: (image: string) => void) {
  const { world, vm, backups, paths } = await setUp();
  const [full, increment] = backups;
  if (full === undefined || increment === undefined) throw new Error('two points were made');
  const at = (index: number, file: string): string =>
    join(world.store.path, 'domains', paths[index] ?? '', file);
  spoil(at(0, 'vda.qcow2'));
  const drivers = world.drivers();
  const images = {
    ...drivers.images,
    compare: async () => fail({ code: 'images-differ', message: 'Content mismatch at offset 0' }),
  };
  const next = backupOf(world, vm, { verify: 'source' }, increment);
  const report = await world.apply([next], { run: run(4), drivers: { ...drivers, images } });
  const quarantined = [0, 1].map((index) => {
    const path = at(index, 'quarantine.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as unknown) : null;
  });
  return { world, full, vm, quarantined, outcome: report.actions[0]?.outcome };
}

const said = 'Backup of vm1: vda of vm1: Content mismatch at offset 0';

it('where an increment differs from its source, what it stands on is read, and the damaged goes into quarantine', async () => {
  const { world, full, vm, quarantined, outcome } = await third((image) =>
    writeFileSync(image, 'image vda.qcow3'),
  );
  using _ = world;
  expect(outcome).toEqual({
    code: 'failed',
    failure: {
      code: 'images-differ',
      message: `${said}. What it stands on is damaged, and in quarantine now: domain/vm1/${full.chain}/0000; the next plan takes a full.`,
    },
  });
  expect(quarantined).toMatchObject([{ code: 'hash-differs', files: ['vda.qcow2'] }, null]);
  expect(vm.job).toBeNull();
});

it('where all of that is sound, the difference is told as it is', async () => {
  const { world, quarantined, outcome } = await third(() => undefined);
  using _ = world;
  expect(outcome).toEqual({ code: 'failed', failure: { code: 'images-differ', message: said } });
  expect(quarantined).toEqual([null, null]);
});

it('a point that is damaged on its way to a mirror comes into quarantine, and no other of its chain', async () => {
  const { world, backups, paths, nas } = await setUp();
  using _ = world;
  const place = (index: number, file: string): string =>
    join(world.store.path, 'domains', paths[index] ?? '', file);
  writeFileSync(place(1, 'vda.qcow2'), 'image vda.qcow3');
  const message = 'vda.qcow2 is not what its manifest says, so it is not copied';
  nas.faults.set('copy', { code: 'hash-differs', message });
  const report = await world.apply([copyOf(world, backups)], { run: run(4) });
  const [full] = backups;
  expect(report.actions[0]?.outcome).toEqual({
    code: 'failed',
    failure: {
      code: 'hash-differs',
      message: `${message}. In quarantine now: domain/vm1/${full?.chain}/0001; the next plan heals it from a mirror, or takes a full.`,
    },
  });
  expect([0, 1].map((index) => existsSync(place(index, 'quarantine.json')))).toEqual([false, true]);
});

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { PointsReport } from '../../src/model/report.ts';
import { type Guest, startGuest } from './guest.ts';
import { LiveHost } from './host.ts';
import { sh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const { lab } = privateLab();
let host: LiveHost;
let guest: Guest;
beforeAll(async () => {
  guest = await startGuest(lab);
  host = new LiveHost(lab, 'guest', { rule: { quiesce: 'required' } });
  host.writePolicy([guest.domain]);
});

/** SHA-256 of each file of /data, as the guest says. */
async function sums(): Promise<ReadonlyMap<string, string>> {
  const text = await guest.exec('cd /data && sha256sum file-*');
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.split(/\s+/)[1] ?? '', line.split(/\s+/)[0] ?? '']),
  );
}

const write = async (name: string): Promise<string> =>
  guest.exec(`dd if=/dev/urandom of=/data/${name} bs=64k count=20 2>/dev/null; sync`);

it('I10: takes quiesced points of a guest that writes, and thaws it', async () => {
  await write('file-1');
  await host.ok('apply', '--auto-approve');
  await write('file-2');
  // Not synced: only a freeze brings it to the disk.
  await guest.exec('dd if=/dev/urandom of=/data/file-3 bs=64k count=5 2>/dev/null');
  await host.ok('apply', '--auto-approve', '--now', `domain/${guest.domain.name}`);
  const { points } = await host.json<PointsReport>('points', `domain/${guest.domain.name}`);
  expect(points).toHaveLength(2);
  for (const { quiesce } of points) {
    expect(quiesce).toMatchObject({ done: true, code: 'frozen' });
    expect(quiesce?.frozenMilliseconds).toBeGreaterThan(0);
    // A bound for what would be felt, not a measurement.
    expect(quiesce?.frozenMilliseconds).toBeLessThan(10_000);
  }
  await write('file-4');
  expect((await sums()).size).toBe(4);
});

it('restores a file system that is clean, and files that are the same', async () => {
  const expected = await sums();
  const [, newest] = await host.points();
  if (newest === undefined) throw new Error('no second point');
  const to = join(host.dir, 'images');
  await host.ok('restore', newest.address, '--images-only', '--to', to, '--auto-approve');
  const raw = join(to, 'vda.raw');
  await sh('qemu-img', 'convert', '-O', 'raw', join(to, 'vda.qcow2'), raw);
  await sh('bash', '-c', 'PATH=$PATH:/sbin:/usr/sbin e2fsck -fn "$1"', '-', raw);
  const at = join(host.dir, 'mounted');
  await host.ok('mount', newest.address, at);
  try {
    const place = join(at, 'vda');
    const files = readdirSync(place).filter((name) => name.startsWith('file-'));
    expect(files.toSorted()).toEqual(['file-1', 'file-2', 'file-3']);
    for (const name of files) {
      const hash = createHash('sha256')
        .update(readFileSync(join(place, name)))
        .digest('hex');
      expect(hash).toBe(expected.get(name));
    }
    await expect(sh('touch', join(place, 'x'))).rejects.toThrow(/Read-only file system/);
  } finally {
    await host.ok('unmount', at);
  }
  expect(readdirSync(at)).toEqual([]);
});

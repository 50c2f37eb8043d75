import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Manifest } from '../../src/model/point.ts';
import { createStore } from '../../src/store/create.ts';
import { openStore } from '../../src/store/open.ts';
import {
  chainOn,
  later,
  lookInto,
  must,
  pointOf,
  theRun,
  theStore,
  web01,
} from '../store/fixture.ts';
import { command, StoreRig } from './store-rig.ts';

let rig: StoreRig;
beforeAll(() => {
  rig = new StoreRig();
});
afterAll(() => rig[Symbol.dispose]());

const chain = chainOn(8);

/** The commands of a README, with its words in capitals replaced. */
function commandsOf(readme: string, words: Readonly<Record<string, string>>): readonly string[] {
  return readme
    .split('\n')
    .filter((line) => /^ {5}(cd|qemu-img|grep|sha256sum|mv) /.test(line))
    .map((line) =>
      Object.entries(words).reduce((text, [word, by]) => text.replaceAll(word, by), line.trim()),
    );
}

it('README.txt restores a disk and puts a chain back, with its own words', async () => {
  const path = rig.directory("it's a store");
  const ref = { name: 'main', path, id: theStore };
  must(createStore(ref, later));
  const store = must(openStore(ref));
  const guest = `${rig.dir}/guest.qcow2`;
  command('qemu-img', 'create', '-q', '-f', 'qcow2', guest, '1M');

  for (const sequence of [0, 1]) {
    const { manifest, place } = pointOf(chain, sequence);
    const incoming = must(store.beginPoint(place, manifest.point, web01));
    must(incoming.writeFile('domain.xml', '<domain/>'));
    const image = `${incoming.path}/vda.qcow2`;
    const write = `write -P ${sequence + 1} ${sequence * 64}k 128k`;
    command('qemu-io', '-c', write, guest);
    const [disk] = manifest.disks;
    const backing = disk?.backing ?? null;
    const chained = backing === null ? [] : ['-b', backing, '-F', 'qcow2'];
    command('qemu-img', 'create', '-q', '-f', 'qcow2', ...chained, image, '1M');
    command('qemu-io', '-c', write, image);
    must(incoming.publish(withFile(manifest, image)));
  }

  const place = pointOf(chain, 1).place;
  const target = `${rig.dir}/restored`;
  mkdirSync(target);
  const words = {
    'CHAIN/POINT': `${chain}/${place.pointDirectory}`,
    'NAME-vda': 'web01-vda',
    NAME: 'web01',
    RUN: theRun,
    CHAIN: chain,
    '/var/lib/libvirt/images': target,
    '/tmp/look': `${target}/look`,
  };
  const commands = commandsOf(readFileSync(`${path}/README.txt`, 'utf8'), words);
  expect(commands.map((line) => line.split(' ')[0])).toEqual([
    'cd',
    'qemu-img',
    'grep',
    'sha256sum',
    'qemu-img',
    'qemu-img',
    'mv',
  ]);
  const output = command('bash', '-euc', commands.slice(0, -1).join('\n'));
  // Promised and found, of the same image.
  const sums = output.match(/[0-9a-f]{64}/g) ?? [];
  expect(sums.filter((sum) => sum === sums[0])).toHaveLength(2);
  command('qemu-img', 'compare', '-s', guest, `${target}/web01-vda.qcow2`);
  command('qemu-img', 'compare', guest, `${target}/look.qcow2`);

  const points = [0, 1].map((sequence) => pointOf(chain, sequence).manifest.point);
  const uuid = web01;
  must(store.trashChain({ directory: 'web01', chain, uuid, points, run: theRun, at: later }));
  command('bash', '-euc', commands.slice(-1).join('\n'));
  const temporary = { path, stateDir: `${rig.dir}/state`, ref, [Symbol.dispose]: () => undefined };
  const state = await lookInto(temporary);
  expect(state.trash).toEqual([]);
  expect(state.directories[0]?.chains[0]?.points.map(({ id }) => id)).toEqual(points);
});

/** The manifest of a point whose image is a real one. */
function withFile(manifest: Manifest, image: string): Manifest {
  const sum = command('sha256sum', image).slice(0, 64);
  const bytes = statSync(image).size;
  return {
    ...manifest,
    disks: manifest.disks.map((disk) => ({ ...disk, fileBytes: bytes, sha256: sum })),
  };
}

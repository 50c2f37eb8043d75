import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { addressOf } from '../../src/model/address.ts';
import { LiveHost } from './host.ts';
import { compareImages, type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
const domains: LabDomain[] = [];
/** Names that break shells, YAML, XML, paths and percent signs; and one that is a libvirt id. */
const names = [
  ' with  spaces ',
  `'single' "double" \`back\``,
  'a+b%20c&d<e>;$(x)',
  'Größe-日本-🙂',
  'n'.repeat(180),
  'ü'.repeat(90),
];
beforeAll(async () => {
  host = new LiveHost(lab, 'names');
  for (const name of names) {
    domains.push(
      await lab.defineDomain({
        name,
        start: false,
        disks: [{ target: 'vda', sizeBytes: 2 * MiB }],
      }),
    );
  }
  const seven = await lab.defineDomain({
    start: false,
    disks: [{ target: 'vda', sizeBytes: 2 * MiB }],
  });
  await virsh('domrename', seven.uuid, '7');
  Object.assign(seven, { name: '7' });
  domains.push(seven);
  host.writePolicy(domains);
});

it('G408: backs up and restores domains whatever their names are', async () => {
  const copies = new Map<string, string>();
  for (const domain of domains) {
    await domain.start();
    await domain.write('vda', 0, 65536, 1 + copies.size);
    copies.set(domain.uuid, await domain.copyOf('vda'));
  }
  await host.ok('apply', '--auto-approve');
  expect(await host.planned()).toEqual([]);
  const directories = readdirSync(join(host.store, 'domains'));
  expect(directories).toHaveLength(domains.length);
  for (const directory of directories) {
    expect(directory).toMatch(/^[A-Za-z0-9._%~-]+$/);
    expect(Buffer.byteLength(directory)).toBeLessThan(100);
  }
  for (const domain of domains) {
    await domain.write('vda', MiB, 65536, 99);
    const to = join(host.dir, domain.uuid);
    await host.ok('apply', '--auto-approve', '--now', addressOf(domain.name));
    const points = await host.points(domain.name);
    expect(points.map(({ level }) => level)).toEqual(['full', 'increment']);
    await host.ok(
      'restore',
      points[0]?.address ?? 'none',
      '--images-only',
      '--to',
      to,
      '--auto-approve',
    );
    const verdict = await compareImages(copies.get(domain.uuid) ?? '', join(to, 'vda.qcow2'));
    expect(verdict, domain.name).toBe('identical');
  }
});

it('restores one of them as a domain with such a name', async () => {
  const [spaces] = domains;
  if (spaces === undefined) throw new Error('no domain');
  const as = `${spaces.name} & 'copy' "two"`;
  try {
    await host.ok(
      'restore',
      addressOf(spaces.name),
      '--as',
      as,
      '--to',
      join(lab.dir, 'a b'),
      '--auto-approve',
    );
    expect(await virsh('domstate', as)).toBe('shut off');
    await virsh('start', as);
  } finally {
    await lab.forget(as);
  }
});

it('a domain that is named 7 is not the domain with the id 7', async () => {
  const seven = domains.at(-1);
  if (seven === undefined) throw new Error('no domain');
  expect((await host.points('7')).map(({ uuid }) => uuid)).toEqual([seven.uuid, seven.uuid]);
  expect((await host.run('verify', 'domain/7', '--depth', 'hash')).exit).toBe(0);
});

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../src/model/address.ts';
import { LiveHost } from './host.ts';
import { type LabDomain } from './lab.ts';
import { lookPlainly, runPlainly, treeOf } from './outputs.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let template: string;
let outside: string;
/** Below the store: the newest point, and the first one of the oldest chain. */
let newest: string;
let oldest: string;

const below = (directory: string): string => {
  const [only = 'none'] = readdirSync(directory).filter((name) => /^(?:\d|hf-)/.test(name));
  return only;
};

beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 2 * MiB }] });
  host = new LiveHost(lab, 'hostile', {
    retention: { chain: { maxPoints: 2 }, keep: { last: 1 } },
    trashKeepFor: '1h',
  });
  host.writePolicy([domain]);
  const address = addressOf(domain.name);
  for (let count = 0; count < 4; count += 1) {
    host.aheadSeconds += 60;
    await domain.write('vda', count * 65536, 65536, count + 1);
    await host.ok('apply', '--auto-approve', '--now', address, '--allow', `G201=${address}`);
  }
  const domains = join(host.store, 'domains', domain.name);
  const chains = readdirSync(domains)
    .filter((name) => name.startsWith('2'))
    .toSorted();
  const chain = chains.at(-1) ?? 'none';
  const points = readdirSync(join(domains, chain)).filter((name) => /^\d/.test(name));
  newest = join('domains', domain.name, chain, points.toSorted().at(-1) ?? 'none');
  oldest = join('domains', domain.name, chains[0] ?? 'none');
  oldest = join(oldest, below(join(host.store, oldest)));
  template = join(lab.dir, 'template');
  cpSync(host.store, template, { recursive: true, preserveTimestamps: true });
  outside = join(lab.dir, 'outside');
  mkdirSync(join(outside, 'directory'), { recursive: true });
  for (const name of ['secret.txt', 'point.json', 'vda.qcow2', 'directory/file'])
    writeFileSync(join(outside, name), `outside ${name}`);
});

/** Rewrites a record of the store as text. */
function rewrite(path: string, change: (text: string) => string): void {
  const file = join(host.store, path);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`nothing of ${path} was changed`);
  writeFileSync(file, after);
}

/** Puts something else in the place of an entry of the store. */
function instead(path: string, put: (path: string) => void): void {
  const at = join(host.store, path);
  rmSync(at, { recursive: true, force: true });
  put(at);
}

/** What is done to the store; `unfit`: afterwards the newest point must not be restored. */
const attacks: readonly (readonly [string, () => void, 'unfit'?])[] = [
  [
    'a manifest whose image is ../../etc/passwd',
    () =>
      rewrite(`${newest}/point.json`, (text) =>
        text.replaceAll('"vda.qcow2"', '"../../etc/passwd"'),
      ),
    'unfit',
  ],
  [
    'a manifest whose image is absolute',
    () =>
      rewrite(`${newest}/point.json`, (text) =>
        text.replaceAll('"vda.qcow2"', JSON.stringify(join(outside, 'vda.qcow2'))),
      ),
    'unfit',
  ],
  [
    'a manifest whose backing file is outside',
    () =>
      rewrite(`${newest}/point.json`, (text) =>
        text.replaceAll(/"\.\.\/[^"]*\/vda\.qcow2"/g, '"../../../../../outside/vda.qcow2"'),
      ),
    'unfit',
  ],
  [
    'a manifest of a domain with another name',
    () =>
      rewrite(`${newest}/point.json`, (text) =>
        text.replaceAll(JSON.stringify(domain.name), '"\\u001b[2Jx\\nPlan: 0\\u202e$(id)"'),
      ),
  ],
  [
    'a manifest of another domain',
    () =>
      rewrite(`${newest}/point.json`, (text) =>
        text.replaceAll(domain.uuid, '00000000-0000-4000-8000-000000000001'),
      ),
  ],
  [
    'an image whose header names a backing file outside',
    () => {
      execFileSync('qemu-img', [
        'rebase',
        '-u',
        '-f',
        'qcow2',
        '-F',
        'raw',
        '-b',
        join(outside, 'secret.txt'),
        join(host.store, newest, 'vda.qcow2'),
      ]);
    },
    'unfit',
  ],
  [
    'an image that is a link out of the store',
    () => instead(`${newest}/vda.qcow2`, (at) => symlinkSync(join(outside, 'vda.qcow2'), at)),
    'unfit',
  ],
  [
    'an image that is a hard link',
    () => instead(`${newest}/vda.qcow2`, (at) => linkSync(join(outside, 'vda.qcow2'), at)),
    'unfit',
  ],
  [
    'an image that is a FIFO',
    () => instead(`${newest}/vda.qcow2`, (at) => void execFileSync('mkfifo', [at])),
    'unfit',
  ],
  [
    'an image that is a directory',
    () => instead(`${newest}/vda.qcow2`, (at) => mkdirSync(at)),
    'unfit',
  ],
  [
    'a manifest that is a FIFO',
    () => instead(`${newest}/point.json`, (at) => void execFileSync('mkfifo', [at])),
    'unfit',
  ],
  [
    'a manifest that is a link',
    () => instead(`${newest}/point.json`, (at) => symlinkSync(join(outside, 'point.json'), at)),
    'unfit',
  ],
  [
    'a definition that is a link',
    () => instead(`${newest}/domain.xml`, (at) => symlinkSync(join(outside, 'secret.txt'), at)),
  ],
  [
    'a point that is a link',
    () => instead(oldest, (at) => symlinkSync(join(outside, 'directory'), at)),
  ],
  [
    'a domain that is a link',
    () => {
      const at = join('domains', domain.name);
      renameSync(join(host.store, at), join(lab.dir, 'moved'));
      symlinkSync(join(lab.dir, 'moved'), join(host.store, at));
    },
  ],
  ['domains that are a link', () => instead('domains', (at) => symlinkSync(outside, at))],
  ['a trash that is a link', () => instead('.trash', (at) => symlinkSync(outside, at))],
  [
    'a trash with a link in it',
    () => {
      for (const run of readdirSync(join(host.store, '.trash'))) {
        const place = join('.trash', run, domain.name);
        const [chain = 'none'] = readdirSync(join(host.store, place));
        const point = below(join(host.store, place, chain));
        instead(join(place, chain, point), (at) => symlinkSync(join(outside, 'directory'), at));
      }
    },
  ],
  [
    'a trash whose record names another place',
    () => {
      for (const run of readdirSync(join(host.store, '.trash'))) {
        const [chain = 'none'] = readdirSync(join(host.store, '.trash', run, domain.name));
        rewrite(join('.trash', run, domain.name, chain, 'trash.json'), (text) =>
          text.replaceAll(`"directory": "${domain.name}"`, '"directory": "../../outside"'),
        );
      }
    },
  ],
  [
    'locks that are a link',
    () => instead('.state/locks', (at) => symlinkSync(join(outside, 'directory'), at)),
  ],
  ['a state that is a link', () => instead('.state', (at) => symlinkSync(outside, at))],
  [
    'a memory that is a FIFO',
    () => instead('.state/last.json', (at) => void execFileSync('mkfifo', [at])),
  ],
  [
    'a journal directory that is a link',
    () => instead('.journal', (at) => symlinkSync(outside, at)),
  ],
  [
    'a marker that is a link',
    () => {
      const marker = join(host.store, 'holdfast-store.json');
      renameSync(marker, join(lab.dir, 'marker.json'));
      symlinkSync(join(lab.dir, 'marker.json'), marker);
    },
  ],
  [
    'a marker that is a FIFO',
    () => instead('holdfast-store.json', (at) => void execFileSync('mkfifo', [at])),
  ],
  [
    'a hold that is a link',
    () => instead(`${oldest}/../hold.json`, (at) => symlinkSync(join(outside, 'secret.txt'), at)),
  ],
  [
    'names that steer a terminal',
    () => {
      for (const name of ['\u001B[2Jx', 'a\nb', '-rf', '\u202Ex', '$(touch pwned)', '`x`;'])
        for (const place of ['.', 'domains', `domains/${domain.name}`, newest, '.trash']) {
          mkdirSync(join(host.store, place), { recursive: true });
          mkdirSync(join(host.store, place, name));
        }
    },
  ],
  ['a store that everybody can write', () => chmodSync(host.store, 0o777)],
  ['a store of another user', () => chownSync(host.store, 12345, 12345)],
];

/** How restoring the newest point ended where it was not touched. */
const told = new Set<number | null>();

describe.each(
  attacks.map(([what, attack, unfit]) => ({ what, attack, isUnfit: unfit === 'unfit' })),
)('$what', ({ attack, isUnfit }) => {
  it('touches nothing outside, hangs nobody, and steers no terminal', async () => {
    for (const name of [host.store, join(lab.dir, 'moved'), join(lab.dir, 'restored')])
      rmSync(name, { recursive: true, force: true });
    cpSync(template, host.store, { recursive: true, preserveTimestamps: true });
    attack();
    const address = addressOf(domain.name);
    const before = treeOf(outside);
    expect(before.length).toBeGreaterThan(4);
    expect(await lookPlainly(host, address)).toBeGreaterThan(1000);
    const to = join(lab.dir, 'restored');
    const [, , chain = '', point = ''] = newest.split('/');
    const whole = addressOf(domain.name, chain, Number(point.slice(0, 4)));
    const restored = await runPlainly(
      host,
      'restore',
      whole,
      '--images-only',
      '--to',
      to,
      '--auto-approve',
    );
    if (isUnfit) expect([restored.exit, restored.out]).not.toEqual([0, restored.out]);
    else told.add(restored.exit);
    host.aheadSeconds += 7200;
    for (const args of [
      ['apply', '--auto-approve', '--allow', `G201=${address}`],
      ['--json', 'apply', '--auto-approve', '--now', address, '--full', '--note', 'x'],
      ['verify', address, '--depth', 'hash'],
      ['hold', address, '--reason', 'x'],
      ['release', address],
      ['trash', 'empty', '--auto-approve'],
      ['apply', '--auto-approve'],
    ]) {
      const { exit, err } = await runPlainly(host, ...args);
      expect([exit, err], args.join(' ')).not.toEqual([64, err]);
    }
    expect(treeOf(outside)).toEqual(before);
  });
});

it('restores what was not touched', () => expect(told).toContain(0));

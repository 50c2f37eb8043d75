import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { addressOf } from '../../src/model/address.ts';
import { mustBePlain } from '../fuzz/target.ts';
import { LiveHost } from './host.ts';
import { sh, virsh, type LabDomain } from './lab.ts';
import { lookPlainly, runPlainly, treeOf } from './outputs.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

// What libvirt 9.0 lets a domain be called: no '/', no newline, nothing that
// XML 1.0 has not (ESC). Tab, DEL, C1 and direction marks it takes.
const names = [
  '-oProxyCommand=touch hf-pwned',
  '-rf',
  '--help',
  ';touch hf-pwned;',
  '$(touch hf-pwned)',
  '`touch hf-pwned`',
  '|touch hf-pwned',
  '.hidden',
  'a\tb',
  '\u007Fx',
  '\u009B2Jx',
  '\u202Egpj.exe',
  '<script>x<!--',
  '../..'.replaceAll('/', '\u2215'),
  'Caf\u00E9',
  'Cafe\u0301',
  'CAF\u00C9',
  '65535',
];

const { lab } = privateLab();
let host: LiveHost;
const domains: LabDomain[] = [];

/** Gives a domain a name of libvirt's own choosing of rules; not every test word may begin with `hf-`. */
async function rename(domain: LabDomain, name: string): Promise<void> {
  await virsh('domrename', `--domain=${domain.uuid}`, `--new-name=${name}`);
  Object.assign(domain, { name });
}

beforeAll(async () => {
  host = new LiveHost(lab, 'names');
  for (const name of names) {
    const domain = await lab.defineDomain({
      start: false,
      disks: [{ target: 'vda', sizeBytes: MiB }],
    });
    await rename(domain, name);
    domains.push(domain);
  }
  const [first] = domains;
  const twin = await lab.defineDomain({ start: false, disks: [{ target: 'vda', sizeBytes: MiB }] });
  // Named as another's uuid.
  await rename(twin, first?.uuid ?? 'none');
  domains.push(twin);
  const path = join(lab.dir, 'a;$(touch hf-pwned)`x` "q", b=\u202Ec.qcow2');
  await sh('qemu-img', 'create', '-q', '-f', 'qcow2', path, String(MiB));
  domains.push(
    await lab.defineDomain({ start: false, disks: [{ target: 'vda', format: 'qcow2', path }] }),
  );
  host.writePolicy(domains);
  const policy: unknown = JSON.parse(readFileSync(host.policyFile, 'utf8'));
  // A uuid means one domain: by name, a rule for the twin would be one for the first.
  writeFileSync(
    host.policyFile,
    JSON.stringify({ ...(policy as object), domains: domains.map(({ uuid }) => ({ uuid })) }),
  );
  const told = join(host.dir, 'told');
  const file: unknown = JSON.parse(readFileSync(host.hostFile, 'utf8'));
  const notify = [{ command: ['/usr/bin/tee', '-a', told], on: ['failed', 'blocked', 'rpo'] }];
  writeFileSync(host.hostFile, JSON.stringify({ ...(file as object), notify }));
});

it('are backed up, each into a directory of its own, and nothing of them is run or printed', async () => {
  const outside = join(lab.dir, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'mine'), 'mine');
  const before = treeOf(outside);
  const applied = await runPlainly(host, 'apply', '--auto-approve');
  expect(applied.exit, applied.err).toBe(0);
  await runPlainly(host, '--json', 'apply', '--auto-approve');
  expect(await host.planned()).toEqual([]);
  const directories = readdirSync(join(host.store, 'domains'));
  expect(directories).toHaveLength(domains.length);
  expect(new Set(directories.map((name) => name.toLowerCase())).size).toBe(domains.length);
  for (const name of directories) expect(name).toMatch(/^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*$/);
  const seen = new Map((await host.points()).map(({ uuid, name }) => [uuid, name]));
  for (const { uuid, name } of domains) expect(seen.get(uuid)).toBe(name);
  expect(treeOf(outside)).toEqual(before);
  expect(
    readdirSync(lab.dir)
      .toSorted()
      .filter((name) => name.includes('pwned') && !name.startsWith('a;')),
  ).toEqual([]);
  for (const place of [process.cwd(), host.dir, host.store, '/', '/root'])
    expect(existsSync(join(place, 'hf-pwned')), place).toBe(false);
});

it('are looked at and restored by their addresses', async () => {
  for (const { name, uuid } of domains) {
    const address = addressOf(name);
    const to = join(host.dir, `to-${uuid}`);
    const restored = await runPlainly(
      host,
      'restore',
      address,
      '--images-only',
      '--to',
      to,
      '--auto-approve',
    );
    expect(restored.exit, `${name}: ${restored.err}`).toBe(0);
    expect(readdirSync(to)).toEqual(['vda.qcow2']);
  }
  expect(await lookPlainly(host, addressOf('\u009B2Jx'))).toBeGreaterThan(5000);
  const { out } = await runPlainly(host, 'plan', '--format', 'markdown');
  // Names stand in fenced blocks only, where Markdown shows them as they are.
  const prose = out.replaceAll(/^(`{3,})text\n[\s\S]*?^\1$/gm, '');
  expect(prose).not.toContain('<script>');
});

it('reach a notification, a journal and a manifest as text', async () => {
  const [domain] = domains.filter(({ name }) => name.startsWith('\u009B'));
  if (domain === undefined) throw new Error('no domain');
  const { disks } = domain;
  await sh('mv', disks[0]?.path ?? 'none', `${disks[0]?.path}.away`);
  await runPlainly(host, 'apply', '--auto-approve', '--now', addressOf(domain.name));
  await sh('mv', `${disks[0]?.path}.away`, disks[0]?.path ?? 'none');
  const runs = join(host.dir, 'state', 'runs');
  const texts = readdirSync(runs).map((name) => readFileSync(join(runs, name), 'utf8'));
  const store = readdirSync(host.store, { recursive: true, encoding: 'utf8' });
  const records = store.filter((name) => /\.(?:json|ndjson)$/.test(name));
  texts.push(...records.map((name) => readFileSync(join(host.store, name), 'utf8')));
  const told = join(host.dir, 'told');
  if (existsSync(told)) texts.push(readFileSync(told, 'utf8'));
  expect(texts.length).toBeGreaterThan(domains.length);
  for (const text of texts) mustBePlain(text, 'a record');
});

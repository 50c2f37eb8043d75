// Points in a store's directory, as they are when they are published.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const store = '0123456789abcdef0123456789abcdef';
export const uuidOf = (number) => `${String(number).padStart(8, '0')}-1111-4222-8333-444455556666`;
export const mebibyte = 1024 ** 2;

/** The id of a point: a minute each. */
export const stampOf = (day, step) =>
  `202601${String(day).padStart(2, '0')}T${String(Math.floor(step / 60)).padStart(2, '0')}${String(step % 60).padStart(2, '0')}00Z`;

const directoryOf = (chain, step) =>
  `${String(step).padStart(4, '0')}-${stampOf(1, step)}-${step === 0 ? 'full' : 'inc'}`;

/** Writes a point with its manifest; `writeImage` gives the image's size and hash. */
export function writePoint(root, directory, chain, step, writeImage) {
  const name = directoryOf(chain, step);
  const path = join(root, 'domains', directory, chain, name);
  mkdirSync(path, { recursive: true });
  const image = writeImage(join(path, 'vda.qcow2'));
  const id = `${stampOf(1, step)}-0001`;
  const definition = '<domain/>';
  writeFileSync(join(path, 'domain.xml'), definition);
  const level = step === 0 ? 'full' : 'increment';
  const sha256 = createHash('sha256').update(definition).digest('hex');
  const source = { kind: 'file', path: '/v/a.qcow2', device: 1, inode: 1, stableId: null };
  const manifest = {
    formatVersion: 1,
    store,
    domain: { uuid: uuidOf(Number(directory.replace(/\D/g, ''))), name: directory },
    chain,
    point: id,
    parent: step === 0 ? null : `${stampOf(1, step - 1)}-0001`,
    sequence: step,
    level,
    frozenAt: '2026-01-01T00:00:00.000Z',
    publishedAt: '2026-01-01T00:00:00.000Z',
    tool: 'holdfast 0.1.0',
    policy: { digest: 'd'.repeat(64), commit: null },
    hypervisor: { kind: 'libvirt', version: '9.0.0', host: 'kvm01' },
    power: 'running',
    quiesce: { done: true, code: 'frozen', frozenMilliseconds: 41 },
    checkpoint: `holdfast-${store.slice(0, 8)}-${id}`,
    definitionDigest: 'e'.repeat(64),
    disks: [
      {
        target: 'vda',
        source: { ...source, format: 'qcow2', serial: null },
        sizeBytes: mebibyte,
        file: 'vda.qcow2',
        level,
        backing: step === 0 ? null : `../${directoryOf(chain, step - 1)}/vda.qcow2`,
        fileBytes: image.bytes,
        dataBytes: image.bytes,
        sha256: image.sha256,
        tracked: true,
      },
    ],
    excluded: [],
    files: [{ file: 'domain.xml', bytes: definition.length, sha256 }],
    note: null,
  };
  writeFileSync(join(path, 'point.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return name;
}

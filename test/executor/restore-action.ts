import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Restore, RestoreImage } from '../../src/model/action.ts';
import { hashOfText } from '../../src/model/canonical.ts';
import { chainId, pointId } from '../../src/model/identity.ts';
import type { FakeWorld } from './fake-world.ts';

/** A restore in place of the world's first domain, of one disk with one layer in the store; nothing is defined. */
export function restoreInPlace(
  world: FakeWorld,
  image: Pick<RestoreImage, 'to' | 'toKind' | 'format' | 'asideAs'>,
): Restore {
  const [domain] = world.hypervisor.domains;
  if (domain === undefined) throw new Error('no domain');
  const pointPath = 'domains/vm1/chain/0000-full';
  const path = `${pointPath}/vda.qcow2`;
  mkdirSync(dirname(join(world.store.path, path)), { recursive: true });
  writeFileSync(join(world.store.path, path), 'an image');
  const layers = [{ path, sha256: hashOfText('an image'), bytes: 8 }];
  return {
    kind: 'restore',
    id: 'restore:main:vm1',
    wave: 40,
    address: 'domain/vm1',
    dependsOn: [],
    reasons: [],
    place: null,
    blockedBy: [],
    bytes: 8,
    domain: { uuid: domain.uuid, name: domain.name },
    store: world.store,
    directory: 'vm1',
    chain: chainId('20261122T020000Z-0a1b'),
    point: pointId('20261122T020000Z-0a1b'),
    pointPath,
    mode: 'in-place',
    images: [{ target: 'vda', layers, sizeBytes: 1024, ...image }],
    firmware: [],
    define: null,
    powerOff: false,
    keepDir: null,
    closes: null,
    release: [],
  };
}

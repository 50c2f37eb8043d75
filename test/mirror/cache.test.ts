import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { placeOf } from '../../src/mirror/mirror-place.ts';
import { chainOn, later, must, theStore } from '../store/fixture.ts';
import { copyOf, lookAt, pointsIn, requestOf, temporaryDirectory, writeChain } from './fixture.ts';
import { modelEnd } from './model-end.ts';

it('what is gone there leaves nothing in the cache, its directories neither', async () => {
  using dir = temporaryDirectory();
  const [storePath, stateDir] = [join(dir.path, 'store'), join(dir.path, 'state')];
  mkdirSync(storePath);
  const settings = { name: 'nas', target: 'model:/vol', bandwidthBytesPerSecond: null } as const;
  const mirror = placeOf({ ...settings, deletes: 'allowed', stateDir }, modelEnd()).of(theStore);
  const three = writeChain(storePath, chainOn(1), 3);
  const other = writeChain(storePath, chainOn(2), 1);
  must(await mirror.copy(copyOf(storePath, three)));
  must(await mirror.copy(copyOf(storePath, other)));
  await lookAt(mirror);
  const [name = ''] = readdirSync(join(stateDir, 'mirrors'));
  const domain = join(stateDir, 'mirrors', name, theStore, 'domains', 'web01');
  const below = (chain: string) => readdirSync(join(domain, chain)).map((each) => each.slice(0, 4));
  expect(below(chainOn(1))).toEqual(['0000', '0001', '0002']);
  for (const points of [three.slice(1), other]) {
    must(await mirror.hide({ ...requestOf(points), at: later }));
    must(await mirror.purge(requestOf(points)));
  }
  expect(pointsIn(await lookAt(mirror))).toEqual([`web01/${chainOn(1)}/0`]);
  expect(readdirSync(domain)).toEqual([chainOn(1)]);
  expect(below(chainOn(1))).toEqual(['0000']);
});

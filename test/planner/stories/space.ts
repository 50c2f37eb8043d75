import { runId } from '../../../src/model/identity.ts';
import { addSeconds } from '../../../src/model/instant.ts';
import type { ObservedTrash, SpaceSample } from '../../../src/model/observed-store.ts';
import { chain, directory } from '../build-chain.ts';
import { disk, domain, tracked } from '../build-domain.ts';
import { day, gib, now, uuidOf } from '../build-policy.ts';
import { policyText, story, type Story } from './story.ts';

const web01 = domain(1, 'web01');
const upToDate = directory(web01, [chain('2026-11-18T01:00:00.000Z', 5)]);

/** A look a day for so many days until yesterday, each that much more in use; 500 GiB now. */
function looks(days: number, growthGib: number): readonly SpaceSample[] {
  return Array.from({ length: days }, (_none, index) => ({
    at: addSeconds(now, -(days - index) * day),
    usedBytes: (500 - (days - index) * growthGib) * gib,
  }));
}

const big = [
  domain(1, 'big01', { disks: [disk('big01', 'vda', 101, { allocatedBytes: 300 * gib })] }),
  domain(2, 'big02', { disks: [disk('big02', 'vda', 201, { allocatedBytes: 200 * gib })] }),
];
const aRun = runId('20261101T010000Z-0badcafe');

/** Chains of a domain that is gone, in the trash for more than `keepFor`, oldest first. */
const trashOf = (...sizes: readonly number[]): readonly ObservedTrash[] =>
  sizes.map((size, index) => {
    const { id } = chain(addSeconds('2026-09-01T01:00:00.000Z', index * 30 * day), 1);
    const path = `.trash/${aRun}/old01/${id}`;
    const trashedAt = addSeconds('2026-11-01T01:00:00.000Z', index * day);
    const where = { run: aRun, path, uuid: uuidOf(9), name: 'old01', chain: id };
    return { ...where, points: 30, bytes: size * gib, trashedAt };
  });

/** What a plan says of the space in a store. */
export const spaceStories: readonly Story[] = [
  story('store-fills-soon', policyText(), [tracked(web01, upToDate)], [upToDate], {
    memory: { space: looks(10, 40) },
  }),
  story(
    'store-fills-after-its-alert',
    policyText({ store: '{ path: /backups, reserve: 200GiB, alert: 7d }' }),
    [tracked(web01, upToDate)],
    [upToDate],
    { memory: { space: looks(10, 40) } },
  ),
  story('trash-makes-room', policyText(), big, [], {
    store: { freeBytes: 450 * gib, trash: trashOf(100, 70, 30) },
  }),
  story('trash-makes-no-room', policyText(), big, [], {
    store: { freeBytes: 450 * gib, sharesBlocks: true, trash: trashOf(20, 30) },
  }),
];

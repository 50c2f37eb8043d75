import { addSeconds } from '../../../src/model/instant.ts';
import type { SpaceSample } from '../../../src/model/observed-store.ts';
import { chain, directory } from '../build-chain.ts';
import { domain, tracked } from '../build-domain.ts';
import { day, gib, now } from '../build-policy.ts';
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
];

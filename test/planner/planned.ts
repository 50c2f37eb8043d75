import type { DesiredDomain } from '../../src/model/desired.ts';
import type { ObservedDirectory } from '../../src/model/observed-store.ts';
import type { ObservedDomain } from '../../src/model/observed.ts';
import { chain } from './build-chain.ts';
import { disk, domain } from './build-domain.ts';
import { desiredDomain, desiredState } from './build-policy.ts';
import { world } from './build.ts';
import { diskWords, told } from './told.ts';

/** Three daily points that end on 20 November: the next is due. */
export const threeDays = chain('2026-11-18T01:00:00.000Z', 3);
export const twoDisks = domain(1, 'db1', {
  disks: [disk('db1', 'vda', 101), disk('db1', 'vdb', 102)],
});

/** The one backup of a domain whose world is as given; its disks in words. */
export function planned(
  one: ObservedDomain,
  where: ObservedDirectory,
  rule: Partial<DesiredDomain> = {},
  asked: Parameters<typeof told>[2] = {},
) {
  const desired = desiredState([desiredDomain(1, one.name, rule)]);
  const { backups, actions, verdicts } = told(desired, world(desired, [one], [where]), asked);
  const [backup] = backups;
  return {
    backup,
    actions,
    verdicts,
    level: backup?.level,
    disks: backup === undefined ? [] : diskWords(backup),
    reasons: backup?.reasons.map(({ code }) => code),
  };
}

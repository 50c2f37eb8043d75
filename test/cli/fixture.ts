import type { ObservedState } from '../../src/model/observed.ts';
import { chain, directory } from '../planner/build-chain.ts';
import { domain, off, tracked } from '../planner/build-domain.ts';
import { desiredDomain, desiredState } from '../planner/build-policy.ts';
import { world } from '../planner/build.ts';

export const policyText = `version: 1
host: kvm01
timezone: Europe/Berlin
stores:
  main: { path: /backups, reserve: 10% }
schedules:
  nightly: "0 2 * * *"
retention:
  standard: { chain: { maxPoints: 30 }, keep: { chains: 1 } }
defaults: { store: main, schedule: nightly, retention: standard, rpo: 26h }
domains:
  - name: web01
  - match: "db*"
ignore: ["scratch-*"]
`;

const web01 = domain(1, 'web01');
const where = directory(web01, [chain('2026-11-18T01:00:00.000Z', 4)]);
const desired = desiredState([desiredDomain(1, 'web01')]);

/** kvm01 at 10:30 in Berlin: web01 has a chain and is due, db1 is new, scratch-7 and old01 are not covered. */
export function observation(more: Parameters<typeof world>[3] = {}): ObservedState {
  const domains = [
    tracked(web01, where),
    domain(2, 'db1'),
    off(domain(3, 'old01')),
    domain(4, 'scratch-7'),
  ];
  return world(desired, domains, [where], { memory: null, ...more });
}

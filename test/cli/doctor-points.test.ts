import { expect, it } from 'vitest';
import { pointFindings } from '../../src/cli/doctor-points.ts';
import type { ObservedChain } from '../../src/model/observed-store.ts';
import type { ObservedMirror } from '../../src/model/observed.ts';
import { chain, directory, withPoint } from '../planner/build-chain.ts';
import { domain } from '../planner/build-domain.ts';
import { copies, mirrorSeen } from '../planner/build-mirror.ts';
import { mainStore, readyStore } from '../planner/build.ts';

it('names each point that cannot be restored, and the remedy', () => {
  const web01 = domain(1, 'web01');
  const [first, second] = [
    chain('2026-11-10T01:00:00.000Z', 4),
    chain('2026-11-18T01:00:00.000Z', 2),
  ];
  const faults = ['quarantined', 'parent-faulty', 'parent-faulty', 'file-missing'] as const;
  const hurt = faults.reduce<ObservedChain>(
    (one, fault, sequence) => withPoint(one, sequence, { fault }),
    first,
  );
  const where = directory(web01, [second]);
  const findings = (chains: readonly ObservedChain[], mirrors: readonly ObservedMirror[] = []) =>
    pointFindings(mainStore(readyStore([{ ...where, chains }])), mirrors);
  const base = 'domains/web01/20261110T010000Z-00cc';
  expect(findings([second])).toEqual([]);
  expect(findings([hurt, second])).toEqual([
    {
      severity: 'error',
      code: 'quarantined',
      subject: 'domain/web01/20261110T010000Z-00cc/0000',
      message: `cannot be restored: in quarantine; 2 points on top of it with it; ${base}/0000-20261110T010000Z-full in store main`,
      remedy:
        'where a mirror has the point, the next apply heals it; else copy its files back and run holdfast verify on it, which takes the mark away',
    },
    {
      severity: 'error',
      code: 'file-missing',
      subject: 'domain/web01/20261110T010000Z-00cc/0003',
      message: `cannot be restored: a file is missing; ${base}/0003-20261113T010000Z-inc in store main`,
      remedy: 'copy the file back from another copy; without it, the point cannot be restored',
    },
  ]);
  const look = (name: string, there: ObservedChain) =>
    mirrorSeen([copies(web01, [there])], {}, name);
  const mirrors = [look('nas', hurt), look('sound', first), look('vault', hurt)];
  expect(findings([hurt, second], mirrors)[0]).toMatchObject({
    message: `cannot be restored: in quarantine; 2 points on top of it with it; its copy at nas and vault is damaged too; ${base}/0000-20261110T010000Z-full in store main`,
    remedy:
      'where another mirror has the point, the next apply heals it; else copy its files back and run holdfast verify on the point, or mend a copy and run it on that',
  });
  const many = Array.from({ length: 12 }, (_, day) =>
    withPoint(chain(`2026-10-${day + 10}T01:00:00.000Z`, 1), 0, { fault: 'manifest-missing' }),
  );
  expect(findings(many)).toHaveLength(11);
  expect(findings(many).at(-1)).toMatchObject({
    subject: 'domain/web01',
    message: '2 more points of it cannot be restored',
    remedy: 'holdfast points domain/web01 lists them',
  });
});

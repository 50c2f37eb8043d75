import { expect, it } from 'vitest';
import { chain, directory, pointAt, withPoint } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { desiredDomain, desiredState } from './build-policy.ts';
import { world } from './build.ts';
import { told } from './told.ts';

const desired = desiredState([desiredDomain(1, 'web01')]);
const web01 = domain(1, 'web01');
const old = directory(web01, [chain('2026-11-17T01:00:00.000Z', 2)]);

it('G154: of two directories the one with the newest point is in use, also when its last was dated by a clock that was behind', () => {
  const behind = '2026-11-16T01:00:00.000Z';
  const used = withPoint(chain('2026-11-18T01:00:00.000Z', 3), 2, {
    id: pointAt(behind),
    at: behind,
  });
  const now = { ...directory(web01, [used]), directory: 'web01-new' };
  for (const directories of [
    [old, now],
    [now, old],
  ]) {
    const { notes, backups } = told(desired, world(desired, [tracked(web01, now)], directories));
    expect(notes).toContain('double-directory store/main');
    expect(backups.map((backup) => backup.directory)).toEqual(['web01-new']);
  }
});

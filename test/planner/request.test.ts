import { describe, expect, it } from 'vitest';
import { seen } from '../../src/model/result.ts';
import { chain, directory } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, now, retentionOf, uuidOf } from './build-policy.ts';
import { deadRun, world } from './build.ts';
import { told } from './told.ts';

const web01 = domain(1, 'web01');
const db1 = domain(2, 'db1');
const retention = retentionOf({ last: 1 });
const desired = desiredState([
  desiredDomain(1, 'web01', { retention }),
  desiredDomain(2, 'db1', { retention }),
]);
const older = [chain('2026-11-18T01:00:00.000Z', 1), chain('2026-11-19T01:00:00.000Z', 1)];
const [web, db] = [directory(web01, older), directory(db1, older)];
const observed = world(desired, [tracked(web01, web), tracked(db1, db)], [web, db]);

describe('--target', () => {
  it('takes one domain, deletes nothing, and says what waits', () => {
    const { actions, verdicts, plan } = told(desired, observed, { targets: ['web01'] });
    expect(actions).toEqual(['backup domain/web01']);
    expect(verdicts).toEqual({ db1: 'waiting not-targeted', web01: 'acted-on due' });
    expect(plan.request.targets).toEqual(['web01']);
  });

  it('I10: a frozen guest is thawed, whoever is targeted', () => {
    const runs = seen([
      deadRun([{ kind: 'frozen-domain', uuid: uuidOf(2), name: 'db1' } as const]),
    ]);
    const { actions } = told(desired, { ...observed, runs }, { targets: ['domain/web01'] });
    expect(actions).toEqual(['thaw-domain domain/db1', 'backup domain/web01']);
  });

  it('says when nothing is called that', () => {
    const { actions, notes } = told(desired, observed, { targets: ['domain/wbe01'] });
    expect([actions, notes]).toEqual([[], ['no-such-address domain/wbe01']]);
  });

  it('the first point of a targeted domain brings its store with it', () => {
    const blank = {
      name: 'main',
      path: '/backups',
      state: {
        kind: 'blank',
        freeBytes: 10 ** 12,
        totalBytes: 10 ** 12,
        mount: { device: 64, source: '/dev/sdb1' },
        knownId: null,
      },
    } as const;
    const { actions } = told(desired, { ...observed, stores: [blank] }, { targets: ['web01'] });
    expect(actions).toEqual(['create-store store/main', 'backup domain/web01']);
  });
});

it('--now on what no rule selects says so', () => {
  const policy = desiredState([desiredDomain(2, 'db1')]);
  const ask = { address: 'web01', full: false, note: null, hold: null };
  expect(told(policy, world(policy, [web01, db1], []), { now: [ask] }).notes).toEqual([
    'asked-unmanaged domain/web01',
  ]);
});

describe('--allow', () => {
  const three = directory(web01, [
    chain('2026-11-20T01:00:00.000Z', 1),
    chain('2026-11-21T01:00:00.000Z', 1),
    chain('2026-11-22T01:00:00.000Z', 1),
  ]);
  const policy = desiredState([desiredDomain(1, 'web01', { retention })]);
  const state = world(policy, [tracked(web01, three)], [three]);
  const lifted = (code: string, scope: string) =>
    told(policy, state, { allow: [{ code, scope }] }).guards;

  it('P12: lifts exactly what it names', () => {
    expect(lifted('G201', 'domain/web01')).toEqual(['allowed G201 domain/web01']);
    expect(lifted('G201', 'web01')).toEqual(['allowed G201 domain/web01']);
    expect(lifted('G201', 'domain/web')).toEqual(['block G201 domain/web01']);
    expect(lifted('G201', 'host')).toEqual(['block G201 domain/web01']);
    expect(lifted('G210', 'domain/web01')).toEqual(['block G201 domain/web01']);
    expect(lifted('G201', '')).toEqual(['block G201 domain/web01']);
  });
});

it('actions come by wave, and of backups the domain that waited longest comes first', () => {
  const long = directory(db1, [chain('2026-11-01T01:00:00.000Z', 1)]);
  const mail = domain(3, 'mail');
  const policy = desiredState([
    desiredDomain(1, 'web01'),
    desiredDomain(2, 'db1'),
    desiredDomain(3, 'mail'),
  ]);
  const state = world(policy, [tracked(web01, web), tracked(db1, long), mail], [web, long]);
  expect(told(policy, state).actions).toEqual([
    'backup domain/mail',
    'backup domain/db1',
    'backup domain/web01',
  ]);
});

it('a plan lives twelve hours, and its id is the digest of all the rest', () => {
  const { plan } = told(desired, observed);
  expect([plan.plannedAt, plan.expiresAt]).toEqual([now, '2026-11-22T21:30:02.000Z']);
  expect(plan.id).toMatch(/^[0-9a-f]{64}$/);
  expect(told(desired, { ...observed, tool: 'holdfast 0.1.1' }).plan.id).not.toBe(plan.id);
});

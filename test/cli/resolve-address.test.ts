import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unseenParts } from '../../src/cli/observe.ts';
import { resolveAddress } from '../../src/cli/resolve-address.ts';
import { statusExit, statusReport } from '../../src/cli/status-report.ts';
import { unseen } from '../../src/model/result.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { chain, directory } from '../planner/build-chain.ts';
import { domain, tracked } from '../planner/build-domain.ts';
import {
  desiredDomain,
  desiredState,
  desiredStore,
  mainId,
  request,
} from '../planner/build-policy.ts';
import { mainStore, world } from '../planner/build.ts';
import { Cli } from './cli.ts';

const web01 = domain(1, 'web01');
const where = directory(web01, [
  chain('2026-11-10T01:00:00.000Z', 2),
  chain('2026-11-18T01:00:00.000Z', 4),
]);
const desired = desiredState([desiredDomain(1, 'web01'), desiredDomain(2, 'db1')]);
const observed = world(desired, [tracked(web01, where)], [where]);
const { stores } = observed;
const dark = mainStore({ kind: 'unseen', failure: { code: 'x', message: 'not mounted' } });

it('points refuses a domain that nobody knows', async () => {
  using cli = new Cli();
  mkdirSync(join(cli.dir, 'store'));
  expect(await cli.run(['points', 'domain/wbe01', '--store', 'store'])).toEqual({
    exit: 1,
    out: '',
    err: 'holdfast: no store holds points of domain/wbe01\n',
  });
  const none = await cli.run(['points', '--store', 'store']);
  expect(none).toEqual({ exit: 0, out: 'No restore points.\n', err: '' });
});

describe('an address', () => {
  it.each([
    ['web01', ['20261110T010000Z-00cc', '20261118T010000Z-00cc']],
    ['domain/web01/20261118', ['20261118T010000Z-00cc']],
    ['domain/web01/20261118/2', ['20261118T010000Z-00cc/0002']],
    [where.uuid, ['20261110T010000Z-00cc', '20261118T010000Z-00cc']],
  ])('%s means %j', (text, expected) => {
    const places = resolveAddress(stores, text);
    expect(places.ok && places.value.map(({ address }) => address)).toEqual(
      expected.map((one) => `domain/web01/${one}`),
    );
  });

  it.each([
    [
      'domain/web01/2026',
      1,
      'domain/web01/2026 means 20261110T010000Z-00cc or 20261118T010000Z-00cc: write more of it',
    ],
    [
      'domain/web01/2025',
      1,
      'domain/web01/2025: domain/web01 has no chain that begins with 2025; holdfast points domain/web01 lists them',
    ],
    [
      'domain/web01/20261118/9',
      1,
      'domain/web01/20261118/9: the chain has no point 9; holdfast points domain/web01 lists them',
    ],
    ['web02', 1, 'no store holds points of domain/web02; did you mean domain/web01?'],
    ['mail', 1, 'no store holds points of domain/mail'],
    [
      'nas:domain/web01',
      1,
      'nas:domain/web01 is on a mirror; this works on the stores of this host',
    ],
    ['domain/', 64, 'domain/ is no address: write domain/NAME[/CHAIN[/SEQ]]'],
  ])('%s is refused', (text, exit, message) => {
    expect(resolveAddress(stores, text)).toMatchObject({ ok: false, error: { exit, message } });
  });

  it('that is not found may be where nothing could be seen', () => {
    expect(resolveAddress([dark], 'web01')).toEqual({
      ok: false,
      error: {
        exit: 9,
        code: 'not-seen',
        message:
          'points of domain/web01 were not found, and not everything could be seen: not mounted',
      },
    });
  });

  it('that is not found may be on the disk that is not mounted where a store was', () => {
    const blank = { kind: 'blank', freeBytes: 1, totalBytes: 1, mount: { device: 1, source: '' } };
    const found = (knownId: typeof mainId | null) =>
      resolveAddress([mainStore({ ...blank, kind: 'blank', knownId })], 'web01');
    expect(found(mainId)).toMatchObject({
      error: {
        exit: 9,
        message:
          'points of domain/web01 were not found, and not everything could be seen: store main: /backups is empty, but this host knows a store there; mount its disk',
      },
    });
    expect(found(null)).toMatchObject({ error: { exit: 1 } });
  });
});

describe('status', () => {
  it('counts valid points and bytes, and says whether each RPO is met', () => {
    const plan = planPolicy(desired, observed, request());
    const report = statusReport(plan, observed, desired);
    expect(
      report.domains.map(({ name, rpo, points, bytes }) => [name, rpo, points, bytes / 2 ** 30]),
    ).toEqual([
      ['db1', 'missed', 0, 0],
      ['web01', 'missed', 6, 20],
    ]);
    expect(report.stores).toMatchObject([{ name: 'main', points: 6, reserveBytes: 100 * 2 ** 30 }]);
    expect(statusExit(report)).toBe(1);
    const fresh = plan.domains.map((one) => ({ ...one, freshAt: observed.observedAt }));
    expect(statusExit(statusReport({ ...plan, domains: fresh }, observed, desired))).toBe(0);
  });

  it('exits 1 for damaged points, even where every RPO is met', () => {
    const [one, ...more] = where.chains;
    if (one === undefined) throw new Error('no chain');
    const hurt = one.points.map((point, index) => ({
      ...point,
      fault: index === 0 ? ('quarantined' as const) : ('parent-faulty' as const),
    }));
    const damaged = { ...where, chains: [{ ...one, points: hurt }, ...more] };
    const world2 = world(desired, [tracked(web01, where)], [damaged]);
    const plan = planPolicy(desired, world2, request());
    const fresh = plan.domains.map((verdict) => ({ ...verdict, freshAt: world2.observedAt }));
    const report = statusReport({ ...plan, domains: fresh }, world2, desired);
    expect(report.domains.map(({ name, faulty, points }) => [name, faulty, points])).toEqual([
      ['db1', {}, 0],
      ['web01', { quarantined: 1, 'parent-faulty': 1 }, 4],
    ]);
    expect(statusExit(report)).toBe(1);
  });

  it('takes no notice of a store that was not seen and that no rule uses', () => {
    const spare = { ...dark, name: 'spare' };
    const stores2 = [desiredStore(), desiredStore({ name: 'spare', isUnused: true })];
    const withSpare = { ...desired, stores: stores2 };
    const blind = { ...observed, stores: [...observed.stores, spare] };
    const plan = planPolicy(withSpare, blind, request());
    const fresh = plan.domains.map((one) => ({ ...one, freshAt: observed.observedAt }));
    const report = statusReport({ ...plan, domains: fresh }, blind, withSpare);
    expect(statusExit(report)).toBe(0);
    expect(report.stores.map(({ name, failure, isUnused }) => [name, failure, isUnused])).toEqual([
      ['main', null, undefined],
      ['spare', { code: 'x', message: 'not mounted' }, true],
    ]);
    expect(unseenParts(blind, withSpare)).toEqual({
      unseen: [],
      unused: [{ code: 'x', message: 'not mounted' }],
    });
    // A removal may mean points in it.
    const place = { file: 'policy.yaml', line: 1, column: 1 };
    const removed = [{ name: 'old', uuid: web01.uuid, chain: null, place }];
    const needed = { ...withSpare, removed };
    expect(statusExit(statusReport({ ...plan, domains: fresh }, blind, needed))).toBe(9);
    expect(unseenParts(blind, needed).unseen).toHaveLength(1);
    expect(unseenParts(blind, desired).unseen).toHaveLength(1);
  });

  it('exits 9 when a store or libvirt was not seen', () => {
    for (const blind of [
      { ...observed, stores: [dark] },
      { ...observed, hypervisor: unseen('connect', 'no') },
    ]) {
      const plan = planPolicy(desired, blind, request());
      expect(statusExit(statusReport(plan, blind, desired))).toBe(9);
    }
  });
});

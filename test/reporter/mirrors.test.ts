import { describe, expect, it } from 'vitest';
import { storeId } from '../../src/model/identity.ts';
import type { MirrorDomain, MirrorsReport } from '../../src/model/report.ts';
import { renderMirrors } from '../../src/reporter/mirrors.ts';
import { plannedAt, web01 } from './sample-plan.ts';

const plain = { color: false, width: null, verbose: false };
const GiB = 1024 ** 3;

const copies: MirrorDomain = {
  uuid: web01.uuid,
  name: 'web01',
  chains: 2,
  points: 31,
  faulty: 0,
  bytes: 12 * GiB,
  held: false,
  partial: 0,
  deleted: 0,
  newestAt: plannedAt,
  behind: { points: 0, bytes: 0 },
};

const report = (mirrors: MirrorsReport['mirrors']): MirrorsReport => ({
  formatVersion: 1,
  host: 'kvm01',
  at: new Date(Date.parse(plannedAt) + 3 * 3600 * 1000).toISOString(),
  timezone: 'Europe/Berlin',
  mirrors,
});

const nas = { name: 'nas', target: 'backup@nas:/vol', failure: null, freeBytes: 400 * GiB };
const id = storeId('a'.repeat(32));

describe('mirror list', () => {
  it('shows stores and domains, ages, and what is behind', () => {
    const behind = { points: 2, bytes: 3 * GiB };
    const domains = [
      copies,
      { ...copies, name: 'db1', behind, faulty: 1, held: true, partial: 1, deleted: 3 },
      { ...copies, name: 'new', chains: 0, points: 0, bytes: 0, newestAt: null, behind: null },
    ];
    const stores = [
      { id, name: 'main', failure: null, domains },
      { id: storeId('b'.repeat(32)), name: null, failure: null, domains: [] },
    ];
    expect(renderMirrors(report([{ ...nas, stores }]), plain)).toMatchInlineSnapshot(`
      "nas  backup@nas:/vol  400 GiB free
        store main aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
          DOMAIN  CHAINS  POINTS    SIZE  NEWEST COPY
          web01        2      31  12 GiB  3h old
          db1          2      31  12 GiB  3h old, 2 points behind (3 GiB)  1 faulty, held, 1 begun, 3 deleted
          new          0       0     0 B  none
        store bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
          no points
      "
    `);
  });

  it('says what could not be seen, and that there is nothing', () => {
    const failure = { code: 'mirror-unreachable', message: 'no route to\nhost' };
    const text = renderMirrors(
      report([
        { ...nas, failure, freeBytes: null, stores: [] },
        { ...nas, name: 'cloud', freeBytes: null, stores: [] },
        { ...nas, name: 'usb', stores: [{ id, name: null, failure, domains: [] }] },
      ]),
      plain,
    );
    expect(text).toMatchInlineSnapshot(`
      "nas  backup@nas:/vol
        not seen  no route to host

      cloud  backup@nas:/vol
        nothing was copied here yet

      usb  backup@nas:/vol  400 GiB free
        store aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        not seen  no route to host
      "
    `);
    expect(renderMirrors(report([]), plain)).toBe('The policy names no mirrors.\n');
  });
});

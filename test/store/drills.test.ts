import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { observeStore } from '../../src/store/observe.ts';
import { chainOn, later, madeStore, must, pointOf, publishPoints, temporary } from './fixture.ts';

const live = chainOn(8);
const [full, next] = [pointOf(live, 0), pointOf(live, 1)];
const picture = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

const drill = (at: string, more: object = {}) => ({
  formatVersion: 1 as const,
  at,
  chain: live,
  point: full.manifest.point,
  sequence: 0,
  frozenAt: later,
  result: 'passed' as const,
  failure: null,
  usableSeconds: 6.2,
  wait: 'agent' as const,
  script: null,
  host: 'kvm01',
  mirror: null,
  ...more,
});

it('notes a drill beside its point, and the newest of all in the domain’s directory', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0, 1]);
  const observed = async () => {
    const query = {
      name: 'main',
      path: dir.path,
      requireMount: false,
      stateDir: `${dir.path}/none`,
    };
    const { state } = await observeStore(query);
    if (state.kind !== 'ready') throw new Error(state.kind);
    expect(state).toMatchObject({ foreign: [], unreadable: [] });
    return state.directories[0]?.drills;
  };
  expect(await observed()).toBeUndefined();
  expect(must(store.readDrill(full.place))).toBeNull();
  must(store.writeDrill(full.place, drill('2026-11-26T02:00:00.000Z'), picture));
  const screenshot = `domains/web01/${live}/${full.place.pointDirectory}/drilled.png`;
  const first = { ...drill('2026-11-26T02:00:00.000Z'), screenshot };
  expect(must(store.readDrill(full.place))).toEqual(first);
  expect(readFileSync(join(dir.path, screenshot))).toEqual(picture);
  expect(await observed()).toEqual({ formatVersion: 1, last: first, passed: first });

  // One that failed, without a picture: the older proof stays, the older picture is not its own.
  const failure = { code: 'drill-silent', message: 'nobody' };
  const failed = drill('2026-11-27T02:00:00.000Z', {
    result: 'failed',
    failure,
    usableSeconds: null,
  });
  must(store.writeDrill(full.place, failed, null));
  const second = { ...failed, screenshot: null };
  expect(existsSync(join(dir.path, screenshot))).toBe(false);
  expect(await observed()).toEqual({ formatVersion: 1, last: second, passed: first });
  expect(must(store.readDrill(next.place))).toBeNull();
});

it('keeps the result of a point that is not here', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0]);
  must(store.writeDrill(next.place, drill(later, { mirror: 'usb' }), picture));
  const file = join(dir.path, 'domains/web01/drilled.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    last: { mirror: 'usb', screenshot: null },
  });
  expect(existsSync(join(dir.path, `domains/web01/${live}`, next.place.pointDirectory))).toBe(
    false,
  );
});

it('a damaged note is as good as none, and the next drill writes it anew', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0]);
  const file = join(dir.path, 'domains/web01/drilled.json');
  writeFileSync(file, '{"formatVersion":1}');
  const query = { name: 'main', path: dir.path, requireMount: false, stateDir: `${dir.path}/none` };
  const { state } = await observeStore(query);
  expect(state.kind === 'ready' && state.directories[0]).not.toHaveProperty('drills');
  must(store.writeDrill(full.place, drill(later), null));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ passed: { result: 'passed' } });
  rmSync(join(dir.path, 'domains/web01'), { recursive: true });
  expect(store.writeDrill(full.place, drill(later), null)).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  });
});

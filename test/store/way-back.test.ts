import { expect, it } from 'vitest';
import { runId } from '../../src/model/identity.ts';
import { Crash, VolatileFiles } from '../../src/simulator/volatile-files.ts';
import { createStore } from '../../src/store/create.ts';
import { openStore } from '../../src/store/open.ts';
import {
  chainOn,
  hold,
  later,
  must,
  pointOf,
  publishPoints,
  theRun,
  theStore,
  web01,
} from './fixture.ts';

const old = chainOn(1);
const live = chainOn(8);
const trashPath = `.trash/${theRun}/web01/${old}`;
const goes = { directory: 'web01', uuid: web01, at: later };
const oldGoes = {
  ...goes,
  chain: old,
  points: [0, 1].map((sequence) => pointOf(old, sequence).manifest.point),
  run: theRun,
};
const liveGoes = {
  ...goes,
  chain: live,
  points: [pointOf(live, 0).manifest.point],
  run: runId('20261126T020000Z-00000001'),
};

it('makes certain that a chain is back, whose way back was killed, before another one goes', () => {
  const ref = { name: 'main', path: '/store', id: theStore };
  const start = new VolatileFiles();
  start.makeDirectory('/store');
  must(createStore(ref, later, start));
  const write = (path: string, content: string): void => start.writeNew(path, content);
  const store = must(openStore(ref, start));
  publishPoints(store, old, [0, 1], write);
  publishPoints(store, live, [0], write);
  must(store.trashChain(oldGoes));
  start.settle();
  const back = start.copy();
  must(must(openStore(ref, back)).restoreTrash(trashPath, old, hold));
  let cut = 0;
  for (let dieAt = 0; dieAt < back.calls; dieAt += 1) {
    const files = start.copy();
    files.dieAt = dieAt;
    expect(() => must(openStore(ref, files)).restoreTrash(trashPath, old, hold)).toThrow(Crash);
    // Only the process died: everybody sees what it did, and nothing of it is certain.
    const next = files.copy();
    if (next.look(`/store/domains/web01/${old}`) === null) continue;
    cut += 1;
    must(must(openStore(ref, next)).trashChain(liveGoes));
    const after = next.afterCrash('nothing');
    expect(after.look(`/store/domains/web01/${old}`)?.kind).toBe('directory');
    expect(after.look(`/store/domains/web01/${live}`)).toBeNull();
  }
  expect(cut).toBeGreaterThan(3);
});

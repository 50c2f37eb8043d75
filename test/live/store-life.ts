import { writeFileSync } from 'node:fs';
import type { EventBody } from '../../src/model/event.ts';
import { runId } from '../../src/model/identity.ts';
import { createStore } from '../../src/store/create.ts';
import { realFiles, type Files } from '../../src/store/files.ts';
import { openJournal } from '../../src/store/journal.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import {
  chainOn,
  hold,
  imageText,
  later,
  must,
  pointOf,
  theRun,
  theStore,
  web01,
} from '../store/fixture.ts';

const old = chainOn(1);
const live = chainOn(8);

/** A run on a store, and what is called at each moment at which it may die. */
export interface Life {
  readonly path: string;
  readonly stateDir: string;
  readonly run: string;
  readonly moment: () => void;
}

/** The real calls; a rename is what commits, so it has a moment before and one after it. */
function filesOf(moment: () => void): Files {
  return {
    ...realFiles,
    rename(from, to) {
      moment();
      realFiles.rename(from, to);
      moment();
    },
  };
}

async function look({ path, stateDir }: Life) {
  const { state } = await observeStore({ name: 'main', path, requireMount: false, stateDir });
  if (state.kind !== 'unseen') return state;
  throw new Error(state.failure.message);
}

/** Publishes a point, whose image the caller writes and does not sync. */
export function publish(
  store: Store,
  chain: typeof old,
  sequence: number,
  moment: () => void,
): void {
  const { manifest, place } = pointOf(chain, sequence);
  const incoming = must(store.beginPoint(place, manifest.point, web01));
  must(incoming.writeFile('domain.xml', '<domain/>'));
  writeFileSync(`${incoming.path}/vda.qcow2`, imageText(sequence), { mode: 0o600 });
  moment();
  must(incoming.publish(manifest));
}

/** Everything that a store can have done to it, as far as it is not done. */
export async function runLife(life: Life): Promise<void> {
  const { path, stateDir, run, moment } = life;
  const ref = { name: 'main', path, id: theStore };
  const files = filesOf(moment);
  if ((await look(life)).kind === 'blank') must(createStore(ref, later, files));
  const store = must(openStore(ref, files));
  const journal = must(openJournal({ stateDir, run: runId(run), clock: () => later }));
  const note = (body: EventBody, storePath?: string): void => {
    moment();
    must(journal.append(body, storePath));
  };
  const step = (name: string): void =>
    note({ kind: 'step', action: name, step: name, path: null }, path);
  note({
    kind: 'run-started',
    plan: 'p',
    purpose: 'policy',
    host: 'h',
    pid: process.pid,
    actions: 9,
  });
  const lock = must(await store.lockDomain(web01, 5));

  const state = await look(life);
  if (state.kind !== 'ready') throw new Error('the store is gone');
  const directory = state.directories[0];
  for (const incoming of directory?.incoming ?? []) {
    step('discard');
    must(store.discardIncoming(incoming.path));
  }
  const isDone = (chain: typeof old, sequence: number): boolean =>
    directory?.chains
      .find(({ id }) => id === chain)
      ?.points.some((point) => point.sequence === sequence) === true;
  const trash = state.trash[0];
  const isEnded = isDone(live, 1);
  if (!isEnded) {
    for (const [chain, sequence] of [
      [old, 0],
      [old, 1],
      [live, 0],
    ] as const) {
      if (isDone(chain, sequence)) continue;
      step('publish');
      publish(store, chain, sequence, moment);
    }
  }
  const livePoint = pointOf(live, 0).place.pointDirectory;
  step('hold');
  must(store.writeHold('web01', live, livePoint, hold));
  if (!isEnded) {
    step('publish');
    publish(store, live, 1, moment);
  }
  const points = [0, 1].map((sequence) => pointOf(old, sequence).manifest.point);
  const there = !isEnded || directory?.chains.some(({ id }) => id === old) === true;
  if (there) {
    step('trash');
    const request = { directory: 'web01', chain: old, uuid: web01, points, run: theRun, at: later };
    must(store.trashChain(request));
  }
  if (there || trash !== undefined) {
    step('purge');
    must(store.purgeTrash(`.trash/${theRun}/web01/${old}`, old));
  }
  note({
    kind: 'run-finished',
    done: 1,
    failed: 0,
    skipped: 0,
    interrupted: false,
    converged: null,
  });
  lock.release();
  journal.close();
}

import { readFileSync } from 'node:fs';
import type { EventBody } from '../../src/model/event.ts';
import { checkpointOf, pointId, type RunId } from '../../src/model/identity.ts';
import type { OpenIntent } from '../../src/model/observed.ts';
import { openJournal, type Journal } from '../../src/store/journal.ts';
import { db1, later, must, theRun, theStore, web01 } from './fixture.ts';

export const clock = () => later;
const point = pointId('20261125T020000Z-9c1e');
export const started: EventBody = {
  kind: 'run-started',
  plan: 'p'.repeat(64),
  purpose: 'policy',
  host: 'kvm01',
  pid: 4711,
  actions: 2,
};
export const finished: EventBody = {
  kind: 'run-finished',
  done: 1,
  failed: 1,
  skipped: 0,
  interrupted: false,
  converged: true,
};
export const frozen: OpenIntent = { kind: 'frozen-domain', uuid: web01, name: 'web01' };
const job: OpenIntent = {
  kind: 'backup-job',
  uuid: web01,
  name: 'web01',
  socket: '/run/holdfast/1.sock',
  scratch: ['/s/vda'],
  checkpoint: checkpointOf(theStore, point),
  point,
};
export const up = (runningId: number | null): OpenIntent => {
  return { kind: 'started-domain', uuid: db1, name: 'db1', runningId };
};
export const swap: OpenIntent = {
  kind: 'restore-swap',
  uuid: db1,
  name: 'db1',
  swaps: [{ to: '/i/a', aside: '/i/a.old' }],
};

const write: OpenIntent = {
  kind: 'device-write',
  uuid: db1,
  name: 'db1',
  devices: ['/dev/vg/db1'],
};

/** Every kind of event, as an executor writes them. */
export const everything: readonly EventBody[] = [
  started,
  { kind: 'action-started', action: 'a', what: 'backup', address: 'domain/web01' },
  { kind: 'intent', action: 'a', intent: frozen },
  { kind: 'intent-closed', action: 'a', intent: 'frozen-domain' },
  { kind: 'intent', action: 'a', intent: job },
  { kind: 'step', action: 'a', step: 'publish', path: 'domains/web01' },
  { kind: 'step', action: 'a', step: 'memory', path: null },
  { kind: 'progress', action: 'a', doneBytes: 1, totalBytes: null },
  { kind: 'intent-closed', action: 'a', intent: 'backup-job' },
  { kind: 'action-finished', action: 'a', outcome: { code: 'done', bytes: 7, seconds: 1.5 } },
  { kind: 'action-started', action: 'b', what: 'restore', address: 'domain/db1' },
  { kind: 'intent', action: 'b', intent: up(null) },
  { kind: 'intent', action: 'b', intent: write },
  { kind: 'intent-closed', action: 'b', intent: 'device-write' },
  { kind: 'intent', action: 'b', intent: up(7) },
  { kind: 'intent', action: 'b', intent: swap },
  { kind: 'warning', action: null, failure: { code: 'c', message: 'm' } },
  {
    kind: 'action-finished',
    action: 'b',
    outcome: { code: 'failed', failure: { code: 'c', message: 'm' } },
  },
  { kind: 'action-finished', action: 'c', outcome: { code: 'skipped', because: 'b' } },
  { kind: 'action-finished', action: 'd', outcome: { code: 'already' } },
  { kind: 'action-finished', action: 'e', outcome: { code: 'interrupted' } },
  finished,
];

/** A journal with these events, still open. */
export function journalOf(
  stateDir: string,
  bodies: readonly EventBody[],
  run: RunId = theRun,
): Journal {
  const journal = must(openJournal({ stateDir, run, clock }));
  for (const body of bodies) must(journal.append(body));
  return journal;
}

export const linesOf = (path: string): readonly unknown[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

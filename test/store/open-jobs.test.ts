import { appendFileSync, mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkpointOf, pointId, runId } from '../../src/model/identity.ts';
import type { OpenIntent } from '../../src/model/observed.ts';
import type { EndedRuns } from '../../src/store/ended-runs.ts';
import { realJournalFiles } from '../../src/store/journal-files.ts';
import { readOpenJobs } from '../../src/store/open-jobs.ts';
import { temporary, theRun, theStore, web01 } from './fixture.ts';
import { finished, frozen, journalOf, started } from './journal-events.ts';

const point = pointId('20261125T020000Z-9c1e');
const socket = '/run/holdfast/20261125T020000Z-3a9f01bc-0/nbd.sock';
const job: OpenIntent = {
  kind: 'backup-job',
  uuid: web01,
  name: 'web01',
  socket,
  scratch: ['/s/vda'],
  checkpoint: checkpointOf(theStore, point),
  point,
};
const begun = [
  started,
  { kind: 'intent', action: 'a', intent: frozen },
  { kind: 'intent', action: 'a', intent: job },
] as const;
const open = [{ run: theRun, uuid: web01, socket }];

describe('readOpenJobs', () => {
  it('knows the job of a run at work, from its intent until it has ended', () => {
    using dir = temporary();
    expect(readOpenJobs(dir.stateDir)).toEqual([]);
    const ended: EndedRuns = new Map();
    const look = () => readOpenJobs(dir.stateDir, realJournalFiles, ended);
    const journal = journalOf(dir.stateDir, begun.slice(0, 2));
    expect(look()).toEqual([]);
    journal.append(begun[2]);
    expect(look()).toEqual(open);
    journal.append({ kind: 'intent-closed', action: 'a', intent: 'frozen-domain' });
    expect(look()).toEqual(open);
    journal.append({ kind: 'intent-closed', action: 'a', intent: 'backup-job' });
    expect(look()).toEqual([]);
    journal.append(finished);
    journal.close();
    expect(look()).toEqual([]);
  });

  it('knows that of a run that died, and none of a run that has its end', () => {
    using dir = temporary();
    journalOf(dir.stateDir, begun).close();
    journalOf(dir.stateDir, [...begun, finished], runId('20261126T020000Z-00000001')).close();
    expect(readOpenJobs(dir.stateDir)).toEqual(open);
  });

  it('leaves out a line that is being written, and what is no journal', () => {
    using dir = temporary();
    journalOf(dir.stateDir, begun).close();
    appendFileSync(
      `${dir.stateDir}/runs/${theRun}.ndjson`,
      '{"kind":"intent-closed","intent":"backup-job"',
    );
    mkdirSync(`${dir.stateDir}/runs/20261126T020000Z-00000001.ndjson`);
    expect(readOpenJobs(dir.stateDir)).toEqual(open);
  });
});

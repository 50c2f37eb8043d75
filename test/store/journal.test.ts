import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../src/model/event.ts';
import { openJournal } from '../../src/store/journal.ts';
import { failureOf, later, madeStore, must, temporary, theRun } from './fixture.ts';
import {
  clock,
  everything,
  finished,
  frozen,
  journalOf,
  linesOf,
  started,
} from './journal-events.ts';

/** An old run's journal. */
const oldName = (index: number) =>
  `20250101T0000${String(index % 60).padStart(2, '0')}Z-${String(index).padStart(8, '0')}.ndjson`;

describe('openJournal', () => {
  it('writes every event with run, number and instant, as the schema says', () => {
    using dir = temporary();
    journalOf(dir.stateDir, everything).close();
    const lines = linesOf(`${dir.stateDir}/runs/${theRun}.ndjson`);
    expect(lines).toEqual(
      everything.map((body, index) => {
        return { formatVersion: 1, run: theRun, number: index + 1, at: later, ...body };
      }),
    );
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../schema/events.v1.schema.json'), 'utf8'),
    ) as object;
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    for (const line of lines) expect(validate(line), JSON.stringify(line)).toBe(true);
    expect(validate({ ...(lines[0] as object), pid: 'x' })).toBe(false);
  });

  it('refuses a run that has a journal', () => {
    using dir = temporary();
    journalOf(dir.stateDir, []).close();
    const path = `${dir.stateDir}/runs/${theRun}.ndjson`;
    expect(failureOf(openJournal({ stateDir: dir.stateDir, run: theRun, clock }))).toEqual({
      code: 'exists',
      message: `making the journal ${path}: it is there already`,
    });
  });

  it('notes in a store what is done to it, and the frame of the run', () => {
    using dir = temporary();
    madeStore(dir);
    const journal = must(openJournal({ stateDir: dir.stateDir, run: theRun, clock }));
    must(journal.append(started));
    must(journal.append({ kind: 'intent', action: 'a', intent: frozen }));
    must(journal.append({ kind: 'step', action: 'a', step: 'publish', path: 'x' }, dir.path));
    must(journal.attach(dir.path));
    must(journal.append(finished));
    journal.close();
    expect(linesOf(`${dir.path}/.journal/${theRun}.ndjson`)).toMatchObject([
      { kind: 'run-started', number: 1 },
      { kind: 'step', number: 3 },
      { kind: 'run-finished', number: 4 },
    ]);
    expect(linesOf(`${dir.stateDir}/runs/${theRun}.ndjson`)).toHaveLength(4);
  });

  it('fails a step whose store cannot note it, and nothing else', () => {
    using dir = temporary();
    const journal = journalOf(dir.stateDir, [started]);
    const step: EventBody = { kind: 'step', action: 'a', step: 'publish', path: null };
    expect(failureOf(journal.append(step, dir.path))).toEqual({
      code: 'not-found',
      message: `making the journal ${dir.path}/.journal/${theRun}.ndjson: ${dir.path}/.journal: it is not there`,
    });
    must(journal.append({ kind: 'intent-closed', action: 'a', intent: 'frozen-domain' }));
    journal.close();
  });

  it('keeps the newest 200 runs, and every run without an end', () => {
    using dir = temporary();
    const runs = `${dir.stateDir}/runs`;
    mkdirSync(runs, { recursive: true });
    const end = JSON.stringify({
      formatVersion: 1,
      run: theRun,
      number: 1,
      at: later,
      ...finished,
    });
    for (let index = 0; index < 210; index += 1) {
      writeFileSync(`${runs}/${oldName(index)}`, index === 3 ? '' : `${end}\n`);
    }
    writeFileSync(`${runs}/notes.txt`, 'mine');
    const sorted = readdirSync(runs)
      .filter((file) => file.endsWith('.ndjson'))
      .toSorted();
    const journal = journalOf(dir.stateDir, [started]);
    journal.close();
    const left = readdirSync(runs);
    const expected = [...sorted.slice(11), `${theRun}.ndjson`, 'notes.txt'];
    expect(left.toSorted()).toEqual([...new Set([...expected, oldName(3)])].toSorted());
    expect(left.filter((file) => file === oldName(3))).toHaveLength(1);
  });
});

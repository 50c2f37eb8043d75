import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runId } from '../../src/model/identity.ts';
import type { EndedRuns } from '../../src/store/ended-runs.ts';
import { realJournalFiles, type JournalFiles } from '../../src/store/journal-files.ts';
import { readRuns } from '../../src/store/runs.ts';
import { later, temporary } from './fixture.ts';
import { everything, frozen, journalOf, started } from './journal-events.ts';

const runOf = (number: number) => runId(`20261126T020000Z-${String(number).padStart(8, '0')}`);

/** Real files, and the names of those whose text or end was read since the last question. */
function watched(): { readonly files: JournalFiles; readonly read: () => readonly string[] } {
  const paths = new Set<string>();
  const note = (path: string): void => void paths.add(path.slice(path.lastIndexOf('-') + 1));
  return {
    files: {
      ...realJournalFiles,
      read: (path) => {
        note(path);
        return realJournalFiles.read(path);
      },
      readEnd: (path, bytes) => {
        note(path);
        return realJournalFiles.readEnd(path, bytes);
      },
    },
    read: () => {
      const names = [...paths].toSorted();
      paths.clear();
      return names;
    },
  };
}

describe('a process that looks again and again', () => {
  it('reads the end of a journal once, and what has no end each time', async () => {
    using dir = temporary();
    const { files, read } = watched();
    const ended: EndedRuns = new Map();
    for (const number of [1, 2, 3]) journalOf(dir.stateDir, everything, runOf(number)).close();
    const dead = journalOf(
      dir.stateDir,
      [started, { kind: 'intent', action: 'a', intent: frozen }],
      runOf(4),
    );
    dead.close();
    const all = ['00000001', '00000002', '00000003', '00000004'].map((name) => `${name}.ndjson`);
    const left = { run: runOf(4), startedAt: later, open: [frozen], files: [] };
    expect(await readRuns(dir.stateDir, files, ended)).toEqual({ seen: true, value: [left] });
    expect(read()).toEqual(all);
    for (let look = 0; look < 3; look += 1) {
      expect(await readRuns(dir.stateDir, files, ended)).toEqual({ seen: true, value: [left] });
      expect(read()).toEqual(['00000004.ndjson']);
    }
    // Another process knows nothing of it.
    expect(await readRuns(dir.stateDir, files)).toEqual({ seen: true, value: [left] });
    expect(read()).toEqual(all);
  });

  it('reads what is not the file that it knew, and finds a run without an end in its place', async () => {
    using dir = temporary();
    const ended: EndedRuns = new Map();
    journalOf(dir.stateDir, everything, runOf(1)).close();
    const path = `${dir.stateDir}/runs/${runOf(1)}.ndjson`;
    expect(await readRuns(dir.stateDir, realJournalFiles, ended)).toEqual({
      seen: true,
      value: [],
    });
    // A state directory of an hour ago was put back: the same name, the run at its work.
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(`${path}.new`, `${lines.slice(0, 3).join('\n')}\n`);
    renameSync(`${path}.new`, path);
    const runs = await readRuns(dir.stateDir, realJournalFiles, ended);
    expect(runs.seen && runs.value.map(({ run, open }) => [run, open])).toEqual([
      [runOf(1), [frozen]],
    ]);
  });

  it('reads on what grew while it looked, and remembers no more than is kept', async () => {
    using dir = temporary();
    const ended: EndedRuns = new Map();
    for (const number of [1, 2]) journalOf(dir.stateDir, everything, runOf(number)).close();
    const path = `${dir.stateDir}/runs/${runOf(2)}.ndjson`;
    const growing: JournalFiles = {
      ...realJournalFiles,
      look: (at) => {
        const look = realJournalFiles.look(at);
        // What the look tells is older than the end that is read next.
        if (at === path) appendFileSync(path, readFileSync(path, 'utf8').split('\n').at(-2) + '\n');
        return look;
      },
    };
    expect(await readRuns(dir.stateDir, growing, ended)).toEqual({ seen: true, value: [] });
    const { files, read } = watched();
    expect(await readRuns(dir.stateDir, files, ended)).toEqual({ seen: true, value: [] });
    expect(read()).toEqual(['00000002.ndjson']);
    expect(ended.size).toBe(2);
    rmSync(path);
    expect(await readRuns(dir.stateDir, files, ended)).toEqual({ seen: true, value: [] });
    expect(ended.size).toBe(1);
  });
});

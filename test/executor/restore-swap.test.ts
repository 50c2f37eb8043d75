import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realHostFiles as files } from '../../src/executor/host-files.ts';
import { putBack, swapIn, undoSwap } from '../../src/executor/restore-swap.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'swap-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const at = (name: string): string => join(dir, name);
const write = (name: string, text: string): void => writeFileSync(at(name), text);
const read = (name: string): string => readFileSync(at(name), 'utf8');
/** The swap of one file: `vda` for `vda.new`, the old one kept as `vda.old`. */
const swap = (name: string, aside: string | null = at(`${name}.old`)) => ({
  to: at(name),
  aside,
  temporary: at(`${name}.new`),
});

describe('swapIn', () => {
  it('puts the new in place and keeps the old aside', async () => {
    for (const name of ['vda', 'vdb']) {
      write(name, `old ${name}`);
      write(`${name}.new`, `new ${name}`);
    }
    expect((await swapIn([swap('vda'), swap('vdb')], files)).ok).toBe(true);
    expect(readdirSync(dir).toSorted()).toEqual(['vda', 'vda.old', 'vdb', 'vdb.old']);
    expect([read('vda'), read('vda.old'), read('vdb')]).toEqual(['new vda', 'old vda', 'new vdb']);
  });

  it('puts all back when one fails, and says so', async () => {
    write('vda', 'old');
    write('vda.new', 'new');
    write('vdb', 'old b');
    expect(await swapIn([swap('vda'), swap('vdb')], files)).toMatchObject({
      ok: false,
      error: { code: 'swap-failed', message: expect.stringContaining('the old images are back') },
    });
    expect([read('vda'), read('vdb')]).toEqual(['old', 'old b']);
  });

  it('overwrites nothing where nothing was expected', async () => {
    write('vda', 'somebody else');
    write('vda.new', 'new');
    expect((await swapIn([swap('vda', null)], files)).ok).toBe(false);
    expect([read('vda'), read('vda.new')]).toEqual(['somebody else', 'new']);
  });

  it('never overwrites what was set aside before', async () => {
    write('vda', 'old');
    write('vda.old', 'older');
    write('vda.new', 'new');
    expect((await swapIn([{ ...swap('vda'), aside: at('vda.old') }], files)).ok).toBe(false);
    // The refusal comes before anything moved, so what lies aside is not this swap's to put back.
    expect([read('vda'), read('vda.old')]).toEqual(['old', 'older']);
  });

  it('exchanges directories, as the state of a TPM is', async () => {
    for (const name of ['tpm', 'tpm.new']) {
      mkdirSync(at(name));
      write(`${name}/state`, name);
    }
    expect((await swapIn([swap('tpm')], files)).ok).toBe(true);
    expect([read('tpm/state'), read('tpm.old/state')]).toEqual(['tpm.new', 'tpm']);
    expect((await putBack([swap('tpm')], null, files)).ok).toBe(true);
    expect(read('tpm/state')).toBe('tpm');
  });
});

describe('undoSwap', () => {
  it('takes away what it brought where nothing was, and nothing of anybody else', async () => {
    write('vda.new', 'new');
    expect((await swapIn([swap('vda', null)], files)).ok).toBe(true);
    write('vdb', 'somebody else');
    write('vdb.new', 'new');
    expect((await undoSwap([swap('vda', null), swap('vdb', null)], files)).ok).toBe(true);
    expect(readdirSync(dir).toSorted()).toEqual(['vda.new', 'vdb', 'vdb.new']);
    expect(read('vdb')).toBe('somebody else');
  });

  it('leaves no image of a swap that failed half way', async () => {
    write('vda.new', 'new');
    write('vdb', 'somebody else');
    write('vdb.new', 'new');
    expect((await swapIn([swap('vda', null), swap('vdb', null)], files)).ok).toBe(false);
    expect(readdirSync(dir).toSorted()).toEqual(['vda.new', 'vdb', 'vdb.new']);
  });
});

describe('putBack (I1: a killed restore in place loses no image)', () => {
  it.each([
    ['before anything moved', []],
    ['between the two renames of a file', ['vda']],
  ])('%s', async (_when, moved) => {
    write('vda', 'old');
    if (moved.length > 0) {
      rmSync(at('vda'));
      write('vda.old', 'old');
    }
    expect((await putBack([swap('vda')], null, files)).ok).toBe(true);
    expect(readdirSync(dir)).toEqual(['vda']);
    expect(read('vda')).toBe('old');
  });

  it('keeps what is in place now, when it cannot know whether it was used', async () => {
    write('vda', 'restored, and used since');
    write('vda.old', 'old');
    expect((await putBack([swap('vda')], '.restored-run', files)).ok).toBe(true);
    expect([read('vda'), read('vda.restored-run')]).toEqual(['old', 'restored, and used since']);
    // A second time there is nothing left to do.
    expect((await putBack([swap('vda')], '.restored-run', files)).ok).toBe(true);
    expect(readdirSync(dir).toSorted()).toEqual(['vda', 'vda.restored-run']);
  });
});

const disks = ['vda', 'vdb', 'vdc'];
const swaps = () => disks.map((name) => swap(name));
const contents = (): readonly string[] => disks.map(read);
const oldContents = disks.map((name) => `old ${name}`);

/** All three exchanged, and what was set aside of some has its kept name already. */
function exchanged(...kept: readonly string[]): void {
  for (const name of disks) {
    write(name, `new ${name}`);
    write(kept.includes(name) ? `${name}.old.kept` : `${name}.old`, `old ${name}`);
  }
}

describe('putBack, after a swap whose end could not be noted', () => {
  it('puts all back while one has not its kept name, and none when all have', async () => {
    exchanged('vda', 'vdb');
    expect((await putBack(swaps(), null, files)).ok).toBe(true);
    expect(contents()).toEqual(oldContents);
    expect(readdirSync(dir).toSorted()).toEqual(['vda', 'vdb', 'vdc']);
    exchanged('vda', 'vdb', 'vdc');
    expect((await putBack(swaps(), null, files)).ok).toBe(true);
    expect(contents()).toEqual(['new vda', 'new vdb', 'new vdc']);
  });

  it('puts all back however often it is cut off', async () => {
    for (let calls = 0; calls < 8; calls += 1) {
      exchanged('vda', 'vdb');
      let left = calls;
      const dying = {
        ...files,
        rename: async (from: string, to: string) => {
          left -= 1;
          if (left < 0) throw new Error('cut off');
          await files.rename(from, to);
        },
      };
      // Two get their names again, and three times two renames bring the old ones home.
      expect((await putBack(swaps(), '.restored', dying)).ok).toBe(false);
      expect((await putBack(swaps(), '.restored', files)).ok).toBe(true);
      expect(contents(), `after ${calls} renames`).toEqual(oldContents);
      for (const name of readdirSync(dir)) rmSync(at(name));
    }
  });
});

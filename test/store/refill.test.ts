import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeId } from '../../src/model/identity.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import { beginRefill, endRefill } from '../../src/store/refill.ts';
import { failureOf, later, madeStore, must, temporary } from './fixture.ts';

const query = (path: string) => ({ name: 'main', path, requireMount: false, stateDir: '/none' });

describe('a store that is refilled', () => {
  it('is no store until all has come, and then the one that it was', async () => {
    using dir = temporary();
    must(beginRefill(dir.ref));
    mkdirSync(join(dir.path, 'domains', 'web01'), { recursive: true });
    expect(openStore(dir.ref).ok).toBe(false);
    expect((await observeStore(query(dir.path))).state.kind).toBe('unseen');
    // It was stopped, and goes on.
    must(beginRefill(dir.ref));
    must(endRefill(dir.ref, later));
    must(openStore(dir.ref));
    expect(existsSync(join(dir.path, 'refill.json'))).toBe(false);
    expect((await observeStore(query(dir.path))).state).toMatchObject({
      kind: 'ready',
      id: dir.ref.id,
      foreign: [],
    });
  });

  it('goes on with nothing else than what was begun', () => {
    using dir = temporary();
    must(beginRefill(dir.ref));
    const other = storeId('b'.repeat(32));
    expect(failureOf(beginRefill({ ...dir.ref, id: other }))).toEqual({
      code: 'other-refill',
      message: `store main: ${dir.path} was begun to be refilled with store ${dir.ref.id}, and not with ${other}; empty it first`,
    });
  });

  it('begins neither in a store nor beside other files', () => {
    using made = temporary();
    expect(failureOf(beginRefill(madeStore(made).ref))).toMatchObject({ code: 'exists' });
    using dir = temporary();
    writeFileSync(join(dir.path, 'precious'), '');
    expect(failureOf(beginRefill(dir.ref))).toEqual({
      code: 'not-empty',
      message: `store main: ${dir.path} is not empty (precious); copies come back only into an empty directory`,
    });
    expect(readdirSync(dir.path)).toEqual(['precious']);
    const gone = { ...dir.ref, path: join(dir.path, 'gone') };
    expect(failureOf(beginRefill(gone))).toMatchObject({ code: 'not-found' });
  });
});

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChainId } from '../../src/model/identity.ts';
import type { ReadyStore } from '../../src/model/observed-store.ts';
import type { Failure, Result } from '../../src/model/result.ts';
import type { Survival } from '../../src/simulator/survival.ts';
import { Crash, VolatileFiles } from '../../src/simulator/volatile-files.ts';
import { createStore } from '../../src/store/create.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import { directory, discardAll, pointsOf, ref, stories, type Story } from './crash-stories.ts';
import { failureOf, later, must } from './fixture.ts';

// I1, and the store's part of "killed at every step, the next apply converges":
// each change is cut off before and in the middle of each of its calls, the
// machine starts again with what was fsynced and any part of the rest, and the
// change is done again.

const survivals: readonly Survival[] = ['nothing', 'everything', 1, 2, 3];

let scratch = '';
let images = 0;
beforeAll(() => {
  // In memory where that is possible: these are thousands of little files.
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  scratch = mkdtempSync(join(parent, 'hf-crash-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Writes the model's store into a real directory, for the observer of real ones. */
function materialise(files: VolatileFiles, target: string): void {
  for (const [name, content] of files.tree(ref.path)) {
    const real = join(target, name.slice(ref.path.length));
    mkdirSync(content === null ? real : dirname(real), { recursive: true });
    if (content !== null) writeFileSync(real, content);
  }
}

/** What the true observer says of a model. */
async function observed(files: VolatileFiles): Promise<ReadyStore> {
  images += 1;
  const path = join(scratch, String(images));
  materialise(files, path);
  const { state } = await observeStore({
    name: 'main',
    path,
    requireMount: false,
    stateDir: join(scratch, 'state'),
  });
  rmSync(path, { recursive: true });
  if (state.kind !== 'ready') throw new Error(JSON.stringify(state));
  return state;
}

/** Images and manifests of a chain with their contents, wherever the chain lies. */
function contentsOf(files: VolatileFiles, chain: ChainId): readonly string[] {
  return files
    .tree(ref.path)
    .flatMap(([path, content]) => {
      const at = path.indexOf(`/${chain}/`);
      const isPoint = at > 0 && /-(full|inc)\/(point\.json|vda\.qcow2|domain\.xml)$/.test(path);
      return isPoint && content !== null ? [`${path.slice(at)} ${content}`] : [];
    })
    .toSorted();
}

function prepared(story: Story): VolatileFiles {
  const files = new VolatileFiles();
  files.makeDirectory('/store');
  must(createStore(ref, later, files));
  story.prepare(must(openStore(ref, files)), files);
  files.settle();
  return files;
}

/** Runs the change until the machine dies; null if it died. */
function run(story: Story, files: VolatileFiles): Result<void, Failure> | null {
  try {
    return story.act(must(openStore(ref, files)), files);
  } catch (error) {
    if (error instanceof Crash) return null;
    throw error;
  }
}

/** What a story begins with, what is true of it, and what it should come to. */
interface Course {
  readonly story: Story;
  readonly start: VolatileFiles;
  readonly before: ReadyStore;
  readonly goal: ReadyStore;
}

/** Expects that nothing published is lost or damaged, and that the store does not look damaged. */
async function expectIntact(course: Course, after: VolatileFiles): Promise<ReadyStore> {
  const { story, start, before } = course;
  const state = await observed(after);
  expect(state.unreadable).toEqual([]);
  expect(state.foreign).toEqual([]);
  for (const chain of [...story.untouched, ...story.moved]) {
    const contents = contentsOf(start, chain);
    expect(contents.length).toBeGreaterThan(0);
    expect(contentsOf(after, chain)).toEqual(expect.arrayContaining([...contents]));
  }
  for (const chain of story.untouched) {
    const was = pointsOf(before, chain).map(({ id }) => id);
    const is = pointsOf(state, chain).map(({ id }) => id);
    expect(is).toEqual(expect.arrayContaining(was));
  }
  const all = directory(state)?.chains.flatMap(({ points }) => points) ?? [];
  expect(all.filter(({ fault }) => fault !== undefined)).toEqual([]);
  return state;
}

/** What a fresh run does with what it finds: discards, then does the change again if it is not done. */
async function expectConverges(
  course: Course,
  files: VolatileFiles,
  found: ReadyStore,
): Promise<void> {
  const { story, goal } = course;
  const store = must(openStore(ref, files));
  must(discardAll(store, files));
  const isLeft = found.directories.some(({ incoming }) => incoming.length > 0);
  const state = isLeft ? await observed(files) : found;
  if (story.isDone(state)) {
    // Durable is what this run did; what an earlier one did and called a failure need not be.
    expect(facts(state)).toEqual(facts(goal));
    return;
  }
  must(story.act(store, files));
  expect(facts(await observed(files.afterCrash('nothing')))).toEqual(facts(goal));
}

/** An observation without what differs between two directories of this host. */
function facts(state: ReadyStore) {
  const { freeBytes: _free, totalBytes: _total, mount: _mount, ...rest } = state;
  return rest;
}

/** Runs a story to its end once, uncut. */
async function courseOf(story: Story): Promise<Course & { readonly whole: VolatileFiles }> {
  const start = prepared(story);
  const whole = start.copy();
  must(story.act(must(openStore(ref, whole)), whole));
  const goal = await observed(whole);
  expect(story.isDone(goal)).toBe(true);
  expect(whole.calls).toBeGreaterThan(1);
  return { story, start, before: await observed(start), goal, whole };
}

describe.each(stories)('$name', (story) => {
  it('survives a crash at every call, and converges', async () => {
    const course = await courseOf(story);
    const seen = new Set<string>();
    for (let call = 0; call <= course.whole.calls; call += 1) {
      for (const half of [false, true]) {
        const files = course.start.copy();
        files.dieAt = call;
        files.half = half;
        const result = run(story, files);
        expect(result === null).toBe(call < course.whole.calls);
        for (const survival of survivals) {
          const after = files.afterCrash(survival);
          const key = JSON.stringify(after.tree('/store'));
          // The end is looked at in any case: a success must be durable.
          if (seen.has(key) && result === null) continue;
          seen.add(key);
          await step(`call ${call}${half ? ' half done' : ''}, ${survival} survives`, async () => {
            const state = await expectIntact(course, after);
            if (result !== null) expect(story.isDone(state)).toBe(true);
            await expectConverges(course, after, state);
          });
        }
      }
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  it('survives an error of every call, and converges', async () => {
    const course = await courseOf(story);
    const { log } = course.whole;
    for (const [call, what] of log.entries()) {
      const files = course.start.copy();
      files.failAt = call;
      await step(`call ${call} (${what}) fails`, async () => {
        const result = story.act(must(openStore(ref, files)), files);
        expect(failureOf(result).code).toBe('io-error');
        const state = await expectIntact(course, files);
        await expectConverges(course, files, state);
      });
    }
  });
});

async function step(where: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

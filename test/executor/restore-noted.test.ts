import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { realHostFiles } from '../../src/executor/host-files.ts';
import { realPointImages } from '../../src/executor/point-images.ts';
import { fail, ok } from '../../src/model/result.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { FakeWorld } from './fake-world.ts';
import { restoreInPlace } from './restore-action.ts';

const full = { code: 'store-full', message: 'no space is left' };

/** A restore in place of one image, on a host whose journal can be written until all is in its place. */
async function restored(files: Partial<typeof realHostFiles>) {
  const world = new FakeWorld([fakeDomain(1, { state: 'off', runningId: null })]);
  const images = join(world.root, 'images');
  mkdirSync(images);
  writeFileSync(join(images, 'vda'), 'old');
  const action = restoreInPlace(world, {
    to: join(images, 'vda'),
    toKind: 'file',
    format: 'qcow2',
    asideAs: join(images, 'vda.aside'),
  });
  const drivers = world.drivers();
  const { journals } = drivers;
  const report = await world.apply([action], {
    drivers: {
      ...drivers,
      files: { ...realHostFiles, ...files },
      pointImages: {
        ...realPointImages,
        convert: async ({ target }) => {
          writeFileSync(target.path, 'new');
          return ok(undefined);
        },
      },
      journals: {
        ...journals,
        open(run) {
          const journal = journals.open(run);
          if (!journal.ok) return journal;
          const { value } = journal;
          return ok({
            ...value,
            append: (body, store) =>
              body.kind === 'intent-closed' && body.intent === 'restore-swap'
                ? fail(full)
                : value.append(body, store),
          });
        },
      },
    },
  });
  const there = readdirSync(images)
    .toSorted()
    .map((name) => [name, readFileSync(join(images, name), 'utf8')]);
  const warnings = world.events.flatMap((event) =>
    event.kind === 'warning' ? [event.failure.message.replaceAll(images, '/images')] : [],
  );
  const outcome = report.actions[0]?.outcome;
  world[Symbol.dispose]();
  return { outcome, there, warnings, images };
}

it('a restore whose end cannot be noted keeps the old image where no plan puts it back', async () => {
  const { outcome, there, warnings } = await restored({});
  expect(outcome).toMatchObject({ code: 'done' });
  expect(there).toEqual([
    ['vda', 'new'],
    ['vda.aside.kept', 'old'],
  ]);
  expect(warnings).toEqual([
    'no space is left',
    'The old /images/vda is kept as /images/vda.aside.kept.',
  ]);
});

it('and fails, with what to do, where that cannot be either', async () => {
  const { outcome, there, images } = await restored({
    rename: async (from, to) => {
      if (!to.endsWith('.kept')) return realHostFiles.rename(from, to);
      throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO', syscall: 'rename' });
    },
  });
  const message = `Renaming ${images}/vda.aside: the disk reports an error; look at it and at the kernel log. ${images}/vda is restored, and the next plan puts the old one back: move ${images}/vda.aside away first`;
  expect(outcome).toEqual({ code: 'failed', failure: { code: 'io-error', message } });
  expect(there).toEqual([
    ['vda', 'new'],
    ['vda.aside', 'old'],
  ]);
});

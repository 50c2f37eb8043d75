import { expect, it } from 'vitest';
import { dismissLeft } from '../../src/executor/dismiss-left.ts';
import type { Drivers } from '../../src/executor/drivers.ts';
import { realHostFiles } from '../../src/executor/host-files.ts';
import { domainUuid } from '../../src/model/identity.ts';
import { ok } from '../../src/model/result.ts';
import { deadRun } from './dead-run.ts';

const domain = { uuid: domainUuid('00000000-0000-4000-8000-000000000001'), name: 'vm1' };
const own = (path: string) => ({ path: `${path}.restoring-${deadRun}`, place: path });
const open = [
  {
    kind: 'restore-files',
    ...domain,
    files: [own('/images/a/vda'), own('/images/a/vdb'), own('/images/b/vdc')],
    instant: null,
  },
  { kind: 'restore-swap', ...domain, swaps: [{ to: '/other/vda', aside: '/other/vda.before' }] },
] as const;

/** Drivers that tell what was made durable and dismissed, in order; one directory cannot be. */
function telling(bad: string | null) {
  const calls: string[] = [];
  const drivers: Pick<Drivers, 'files' | 'journals'> = {
    files: {
      ...realHostFiles,
      syncNames: async (path) => {
        if (bad !== null && path.startsWith(bad)) {
          throw Object.assign(new Error(`EIO: i/o error, fsync '${path}'`), {
            code: 'EIO',
            syscall: 'fsync',
          });
        }
        calls.push(path.slice(0, path.lastIndexOf('/')));
      },
    },
    journals: {
      open: () => {
        throw new Error('no journal is opened');
      },
      dead: async () => {
        throw new Error('no journal is listed');
      },
      end: async () => ok(undefined),
      dismiss: async (_run, _uuid, kind) => {
        calls.push(`dismiss ${kind}`);
        return ok(undefined);
      },
    },
  };
  return { calls, drivers };
}

it('each directory that files are gone from is made durable once, and then the intent is closed', async () => {
  const { calls, drivers } = telling(null);
  const done = await dismissLeft(drivers, { run: deadRun, open }, domain.uuid, 'restore-files');
  expect(done).toEqual(ok(undefined));
  expect(calls).toEqual(['/images/a', '/images/b', 'dismiss restore-files']);
});

it('what cannot be made durable stays open in the journal', async () => {
  const { calls, drivers } = telling('/images/b');
  const done = await dismissLeft(drivers, { run: deadRun, open }, domain.uuid, 'restore-files');
  expect(done.ok).toBe(false);
  expect(calls).toEqual(['/images/a']);
});

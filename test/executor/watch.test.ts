import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { realHostFiles } from '../../src/executor/host-files.ts';
import { startWatch, type Watch, type Watched } from '../../src/executor/watch.ts';

let watch: Watch | null = null;
afterEach(() => watch?.stop());

function start(overrides: Partial<Watched>): AbortSignal {
  watch = startWatch({
    files: realHostFiles,
    interrupt: new AbortController().signal,
    lost: new AbortController().signal,
    jobSeconds: 3600,
    stallSeconds: 3600,
    space: { path: tmpdir(), reserveBytes: 0 },
    ...overrides,
  });
  return watch.signal;
}

it('ends a job that takes too long', async () => {
  const signal = start({ jobSeconds: 0.01 });
  await once(signal, 'abort');
  expect(signal.reason).toEqual({
    code: 'job-timeout',
    message: 'The job was not done within 0.01 s.',
  });
});

it('ends a job that stands still', async () => {
  const signal = start({ stallSeconds: 0.01 });
  await once(signal, 'abort');
  expect(signal.reason).toEqual({ code: 'stalled', message: 'No byte was read for 0.01 s.' });
});

it('ends a job before the reserve of its store is eaten', async () => {
  const signal = start({ space: { path: tmpdir(), reserveBytes: 1e18 } });
  await once(signal, 'abort');
  expect(signal.reason).toMatchObject({ code: 'store-full' });
});

it('does not take a store that cannot be asked for a full one', async () => {
  const lost = new AbortController();
  const signal = start({ space: { path: '/nowhere', reserveBytes: 1e18 }, lost: lost.signal });
  // Longer than the time between two looks at the space.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(signal.aborted).toBe(false);
  const reason = { code: 'job-lost', message: 'Gone.' };
  lost.abort(reason);
  expect(signal.reason).toBe(reason);
});

it('says nothing after it was stopped', async () => {
  const signal = start({ jobSeconds: 0.01, stallSeconds: 0.01 });
  watch?.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(signal.aborted).toBe(false);
});

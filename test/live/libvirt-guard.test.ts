import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { beginInChild } from './child.ts';
import { Lab } from './lab.ts';
import { look } from './look.ts';
import { checkpointsOf, nameOf, request } from './points.ts';

it('no job outlives us: SIGKILL in the middle of a copy, and the guard aborts it', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain();
  const given = request(lab, domain, 1);
  const child = beginInChild(lab, given);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(String(said)).toBe('begun\n');
  expect((await look(lab, domain)).job).toEqual({ operation: 'backup', run: null });
  child.kill('SIGKILL');
  await expect.poll(async () => (await look(lab, domain)).job).toBeNull();
  // The next run sees the checkpoint, and plans to drop it.
  expect(await checkpointsOf(domain)).toBe(nameOf(1));
  await expect.poll(() => readdir(join(lab.dir, 'run'))).toEqual([]);
});

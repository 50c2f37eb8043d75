import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { PointRequest } from '../../src/hypervisor/hypervisor.ts';
import { run } from '../../src/process/run.ts';
import { Lab } from './lab.ts';
import { look } from './look.ts';
import { checkpointsOf, nameOf, request } from './points.ts';

const root = join(import.meta.dirname, '..', '..');

// Begins a point, says so, and waits for its end. For plain Node, as users run it.
const script = `
const [module, uri, runDir, request] = process.argv.slice(1);
const { createLibvirt } = await import(module);
const driver = createLibvirt({ uri, runDir });
const signal = new AbortController().signal;
const begun = await driver.begin({ ...JSON.parse(request), signal });
console.log(begun.ok ? 'begun' : begun.error.message);
setInterval(() => undefined, 1000);
`;

/** Another process that holds a point open. */
async function beginInChild(
  lab: Lab,
  given: PointRequest,
): Promise<ChildProcessByStdio<null, Readable, null>> {
  const dist = join(lab.dir, 'dist');
  await run({
    program: join(root, 'node_modules/.bin/tsc'),
    args: ['-p', root, '--outDir', dist],
    timeoutSeconds: 120,
  });
  await symlink(join(root, 'node_modules'), join(lab.dir, 'node_modules'));
  await run({
    program: 'sh',
    args: ['-c', `echo '{"type":"module"}' >"$1"`, 'sh', join(lab.dir, 'package.json')],
    timeoutSeconds: 5,
  });
  const module = join(dist, 'hypervisor/libvirt/libvirt.js');
  return spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      script,
      module,
      lab.uri,
      join(lab.dir, 'run'),
      JSON.stringify(given),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

it('no job outlives us: SIGKILL in the middle of a copy, and the guard aborts it', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain();
  const given = request(lab, domain, 1);
  const child = await beginInChild(lab, given);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(String(said)).toBe('begun\n');
  expect((await look(lab, domain)).job).toEqual({ operation: 'backup', run: null });
  child.kill('SIGKILL');
  await expect.poll(async () => (await look(lab, domain)).job, { timeout: 20_000 }).toBeNull();
  // The next run sees the checkpoint, and plans to drop it.
  expect(await checkpointsOf(domain)).toBe(nameOf(1));
  await expect.poll(() => readdir(join(lab.dir, 'run')), { timeout: 20_000 }).toEqual([]);
});

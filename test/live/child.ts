import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { PointRequest } from '../../src/hypervisor/hypervisor.ts';
import { builtProgram } from './build.ts';
import type { Lab } from './lab.ts';

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
export function beginInChild(
  lab: Pick<Lab, 'dir' | 'uri'>,
  given: PointRequest,
): ChildProcessByStdio<null, Readable, null> {
  const module = join(builtProgram, '../../hypervisor/libvirt/libvirt.js');
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

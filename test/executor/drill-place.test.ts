import { expect, it } from 'vitest';
import { drillPlace } from '../../src/executor/drill-place.ts';
import type { Tools } from '../../src/executor/tools.ts';
import { domainUuid, runId } from '../../src/model/identity.ts';

const run = runId('20261122T020000Z-3a9f01bc');
const uuid = domainUuid('6a1d3c52-90ab-4f7e-8c11-2b4d5e6f7081');
// Of all tools only these are asked for.
const tools = {
  drivers: { scratchDir: '/scratch', runtimeDir: '/run/holdfast' },
  run,
  number: 4,
} as unknown as Tools;

it('names all that a drill makes, and of the logs in libvirt’s directory its own alone', () => {
  const place = drillPlace({ domain: { uuid, name: 'web01' } }, tools);
  expect(place.guest.uuid).not.toBe(uuid);
  expect(place.paths).toEqual([
    `/scratch/drill-${run}-4`,
    `/run/holdfast/drill-${run}-4`,
    `/var/lib/libvirt/swtpm/${place.guest.uuid}`,
    `/var/log/libvirt/qemu/web01-drill-${run}.log`,
  ]);
});

it('of a name that leads elsewhere no log is named', () => {
  const { paths } = drillPlace({ domain: { uuid, name: '../../../etc/web01' } }, tools);
  expect(paths.filter((path) => path.endsWith('.log'))).toEqual([]);
});

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { OpenPoint, PointRequest } from '../../src/hypervisor/hypervisor.ts';
import { checkpointName, pointId, type CheckpointName } from '../../src/model/identity.ts';
import type { Failure, Result } from '../../src/model/result.ts';
import { virsh, type Lab, type LabDomain } from './lab.ts';
import { look } from './look.ts';

/** The checkpoint of the lab's point of that number. */
export const nameOf = (number: number): CheckpointName =>
  checkpointName(`holdfast-0a0a0a0a-20261122T020000Z-${String(number).padStart(4, '0')}`);

/** A request for all disks of a domain; increments of qcow2 disks where a base is given. */
export function request(
  lab: Lab,
  domain: LabDomain,
  number: number,
  changes: Partial<PointRequest> & { readonly base?: number } = {},
): PointRequest {
  const { base, ...others } = changes;
  return {
    uuid: domain.uuid,
    point: pointId(`20261122T020000Z-${String(number).padStart(4, '0')}`),
    checkpoint: nameOf(number),
    disks: domain.disks.map(({ target, format }) => ({
      target,
      base: base === undefined || format === 'raw' ? null : nameOf(base),
      tracked: format === 'qcow2',
      scratch: join(lab.dir, 'scratch', `${number}-${target}`),
    })),
    excluded: [],
    socket: join(lab.dir, `point-${number}`, 'nbd.sock'),
    scratchLimitBytes: null,
    quiesce: 'never',
    agentSeconds: 5,
    signal: new AbortController().signal,
    ...others,
  };
}

/** The point, or a failed test with the reason. */
export function opened(result: Result<OpenPoint, Failure>): OpenPoint {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** Where an NBD client reads a disk. */
export const uriOf = (point: OpenPoint, target: string): string => {
  const disk = point.disks.find((one) => one.target === target);
  return `nbd+unix:///${disk?.exportName}?socket=${disk?.socket}`;
};

/** What `checkpoint-list` prints. */
export const checkpointsOf = async (domain: LabDomain): Promise<string> =>
  virsh('checkpoint-list', domain.uuid, '--name');

/** Nothing is left of a point: no job, no guard, no scratch, no XML. */
export async function expectNothingLeft(lab: Lab, domain: LabDomain): Promise<void> {
  expect((await look(lab, domain)).job).toBeNull();
  expect(await readdir(join(lab.dir, 'scratch'))).toEqual([]);
  await expect.poll(() => readdir(join(lab.dir, 'run'))).toEqual([]);
}

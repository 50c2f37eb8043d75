import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withMonitorLock } from '../../src/hypervisor/libvirt/monitor-lock.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'monitor-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('keeps those who look together, and whoever changes alone', async () => {
  let looking = 0;
  let changing = 0;
  const met: string[] = [];
  const look = () =>
    withMonitorLock(dir, 'shared', async () => {
      looking += 1;
      met.push(changing > 0 ? 'looked during a change' : `looked with ${looking}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
      looking -= 1;
      return 'seen';
    });
  const change = () =>
    withMonitorLock(dir, 'alone', async () => {
      changing += 1;
      met.push(looking > 0 || changing > 1 ? 'changed beside another' : 'changed alone');
      await new Promise((resolve) => setTimeout(resolve, 30));
      changing -= 1;
      return 'changed';
    });
  expect(await Promise.all([look(), look(), change(), look(), change()])).toEqual([
    'seen',
    'seen',
    'changed',
    'seen',
    'changed',
  ]);
  expect(met).toHaveLength(5);
  expect(met.filter((each) => each === 'changed alone')).toHaveLength(2);
  expect(met.filter((each) => /during|beside/.test(each))).toEqual([]);
});

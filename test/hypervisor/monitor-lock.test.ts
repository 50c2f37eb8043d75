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

it('lets whoever changes have its turn, where somebody looks at every instant', async () => {
  const looks: Promise<unknown>[] = [];
  const looking = { resolve: (): void => {}, isSo: Promise.resolve() };
  looking.isSo = new Promise((resolve) => (looking.resolve = resolve));
  const changedAfter: number[] = [];
  const look = (): Promise<unknown> =>
    withMonitorLock(dir, 'shared', async () => {
      looking.resolve();
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
  looks.push(look());
  await looking.isSo;
  const change = withMonitorLock(dir, 'alone', async () => {
    changedAfter.push(looks.length);
  });
  // Five of them at any instant, and never none.
  for (let count = 0; count < 200 && changedAfter.length === 0; count += 1) {
    looks.push(look());
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await Promise.all([...looks, change]);
  expect(changedAfter).toHaveLength(1);
  expect(changedAfter[0]).toBeLessThan(200);
});

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { publish, type PublishPlace } from '../../src/source/publish.ts';
import { GitRig } from './git-rig.ts';

let rig: GitRig;
let place: PublishPlace;
beforeEach(() => {
  rig = new GitRig('ann');
  rig.commit({ by: 'ann', write: { 'policy.yaml': 'version: 1\n' } });
  place = {
    url: rig.repository,
    branch: 'holdfast/state/kvm01',
    ssh: { identityFile: null, knownHosts: null },
    timeoutSeconds: 30,
  };
});
afterEach(() => rig[Symbol.dispose]());

const told = (text: string) =>
  ({
    files: { 'observed.json': text, 'plan.md': '### Holdfast plan\n' },
    subject: 'State of kvm01',
    author: 'holdfast on kvm01',
  }) as const;

it('replaces the branch by one commit that holds the files, and touches no other branch', async () => {
  const main = rig.git('rev-parse', 'main');
  const first = await publish(rig.stateDir, place, told('{"one":"1\r\n"}\n'));
  if (!first.ok) throw new Error(first.error.message);
  expect(rig.git('rev-parse', place.branch)).toBe(first.value);
  expect(rig.git('show', `${place.branch}:observed.json`)).toBe('{"one":"1\r\n"}');
  const second = await publish(rig.stateDir, place, told('{"two":2}\n'));
  if (!second.ok) throw new Error(second.error.message);
  expect(rig.git('log', '--format=%an <%ae> %s', place.branch)).toBe(
    'holdfast on kvm01 <holdfast@localhost> State of kvm01',
  );
  expect(rig.git('ls-tree', '--name-only', place.branch).split('\n')).toEqual([
    'observed.json',
    'plan.md',
  ]);
  expect(rig.git('rev-parse', 'main')).toBe(main);
  expect(readdirSync(join(rig.stateDir, 'publish'))).toEqual(['lock']);
});

it('says why a server does not take it, and leaves nothing behind', async () => {
  const ran = join(rig.dir, 'ran');
  const hook = join(rig.repository, '.git', 'hooks', 'pre-receive');
  writeFileSync(hook, `#!/bin/sh\ntouch ${ran}\necho "this branch is protected" >&2\nexit 1\n`, {
    mode: 0o755,
  });
  expect(await publish(rig.stateDir, place, told('{}'))).toEqual({
    ok: false,
    error: {
      code: 'not-published',
      message: `${rig.repository} did not take holdfast/state/kvm01: [remote rejected] (pre-receive hook declined)`,
    },
  });
  expect(existsSync(ran)).toBe(true);
  const nowhere = join(rig.dir, 'nowhere');
  expect(await publish(rig.stateDir, { ...place, url: nowhere }, told('{}'))).toEqual({
    ok: false,
    error: {
      code: 'not-published',
      message: `${nowhere} did not take holdfast/state/kvm01: '${nowhere}' does not appear to be a git repository`,
    },
  });
  expect(readdirSync(join(rig.stateDir, 'publish'))).toEqual(['lock']);
});

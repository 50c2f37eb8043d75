import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { publishDirectory, readPublishState } from '../../src/source/publish-state.ts';
import { publish, type Published, type PublishPlace } from '../../src/source/publish.ts';
import { GitRig } from './git-rig.ts';

// Each publication starts some ten programs.
vi.setConfig({ testTimeout: 60_000 });

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

const told = (text: string, host = 'kvm01'): Published => ({
  files: { 'observed.json': text, 'plan.md': '### Holdfast plan\n' },
  subject: `State of ${host}`,
  author: `holdfast on ${host}`,
  digest: `digest of ${text}`,
});

const publisher = (signal?: AbortSignal) => ({
  stateDir: rig.stateDir,
  now: () => rig.nowMs,
  signal,
});

async function published(what: Published, where = place): Promise<string> {
  const done = await publish(publisher(), where, what);
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
}

const state = () => {
  const read = readPublishState(rig.stateDir);
  return read.ok ? read.value : read.error.message;
};

const left = (): readonly string[] => readdirSync(publishDirectory(rig.stateDir)).toSorted();

it('puts one commit after the other on the branch, and touches no other branch', async () => {
  const main = rig.git('rev-parse', 'main');
  const first = await published(told('{"one":"1\r\n"}\n'));
  expect(rig.git('rev-parse', place.branch)).toBe(first);
  expect(rig.git('show', `${place.branch}:observed.json`)).toBe('{"one":"1\r\n"}');
  rig.nowMs += 60_000;
  const { 'plan.md': _plan, ...without } = told('{"two":2}\n').files;
  const second = await published({ ...told('{"two":2}\n'), files: without });
  expect(rig.git('log', '--format=%H %an <%ae> %s', place.branch).split('\n')).toEqual([
    `${second} holdfast on kvm01 <holdfast@localhost> State of kvm01`,
    `${first} holdfast on kvm01 <holdfast@localhost> State of kvm01`,
  ]);
  // What is told no longer is not there any more.
  expect(rig.git('ls-tree', '--name-only', place.branch)).toBe('observed.json');
  expect(rig.git('rev-parse', 'main')).toBe(main);
  expect(left()).toEqual(['lock', 'state.json']);
  expect(state()).toEqual({
    told: {
      at: '2026-11-22T09:31:00.000Z',
      url: rig.repository,
      branch: place.branch,
      commit: second,
      digest: 'digest of {"two":2}\n',
    },
    failed: null,
  });
});

it('needs no force: a server that forbids it takes all that is told', async () => {
  rig.git('config', 'receive.denyNonFastForwards', 'true');
  rig.git('config', 'receive.denyDeletes', 'true');
  await published(told('{"one":1}'));
  await published(told('{"two":2}'));
  expect(rig.git('rev-list', '--count', place.branch)).toBe('2');
});

it('keeps hosts that share a repository apart', async () => {
  const other = { ...place, branch: 'holdfast/state/kvm02' };
  await published(told('{"one":1}'));
  await published(told('{"two":2}', 'kvm02'), other);
  await published(told('{"three":3}'));
  const counts = [place, other].map(({ branch }) => rig.git('rev-list', '--count', branch));
  expect(counts).toEqual(['2', '1']);
  expect(rig.git('show', `${other.branch}:observed.json`)).toBe('{"two":2}');
});

it('leaves a branch alone that another host or a person writes', async () => {
  await published(told('{"one":1}'));
  const before = rig.git('rev-parse', place.branch);
  const refused = (branch: string, who: string) => ({
    ok: false,
    error: {
      code: 'not-published',
      message: `${rig.repository} did not take ${branch}: its newest commit is of ${who}; name a branch that this host alone writes (publish.branch)`,
    },
  });
  expect(await publish(publisher(), place, told('{"two":2}', 'kvm02'))).toEqual(
    refused(place.branch, 'holdfast on kvm01'),
  );
  expect(rig.git('rev-parse', place.branch)).toBe(before);
  const main = rig.git('rev-parse', 'main');
  const onMain = await publish(publisher(), { ...place, branch: 'main' }, told('{"two":2}'));
  expect(onMain).toEqual(refused('main', 'Ann'));
  expect(rig.git('rev-parse', 'main')).toBe(main);
  expect(state()).toMatchObject({
    told: { commit: before },
    failed: { message: expect.stringContaining('of Ann;') as string },
  });
});

it('does not overwrite what came between its look and its push', async () => {
  await published(told('{"one":1}'));
  const first = rig.git('rev-parse', place.branch);
  // A server that takes another commit just before ours.
  const hook = join(rig.repository, '.git', 'hooks', 'pre-receive');
  const tree = rig.git('rev-parse', `${first}^{tree}`);
  const between = rig.git('commit-tree', '-p', first, '-m', 'between', tree);
  const move = `git update-ref refs/heads/${place.branch} ${between}`;
  writeFileSync(hook, `#!/bin/sh\nunset GIT_QUARANTINE_PATH\n${move}\n`, { mode: 0o755 });
  expect(await publish(publisher(), place, told('{"two":2}'))).toMatchObject({
    ok: false,
    error: { code: 'not-published' },
  });
  expect(rig.git('rev-parse', place.branch)).toBe(between);
});

it('begins anew after the branch was deleted', async () => {
  await published(told('{"one":1}'));
  rig.git('branch', '-q', '-D', place.branch);
  await published(told('{"two":2}'));
  expect(rig.git('rev-list', '--count', place.branch)).toBe('1');
});

it('says why a server does not take it, and leaves nothing behind', async () => {
  const ran = join(rig.dir, 'ran');
  const hook = join(rig.repository, '.git', 'hooks', 'pre-receive');
  writeFileSync(hook, `#!/bin/sh\ntouch ${ran}\necho "this branch is protected" >&2\nexit 1\n`, {
    mode: 0o755,
  });
  const declined = `${rig.repository} did not take holdfast/state/kvm01: [remote rejected] (pre-receive hook declined)`;
  expect(await publish(publisher(), place, told('{}'))).toEqual({
    ok: false,
    error: { code: 'not-published', message: declined },
  });
  expect(existsSync(ran)).toBe(true);
  expect(state()).toEqual({
    told: null,
    failed: { at: '2026-11-22T09:30:00.000Z', message: declined },
  });
  const nowhere = join(rig.dir, 'nowhere');
  expect(await publish(publisher(), { ...place, url: nowhere }, told('{}'))).toEqual({
    ok: false,
    error: {
      code: 'not-published',
      message: `${nowhere} did not take holdfast/state/kvm01: '${nowhere}' does not appear to be a git repository`,
    },
  });
  expect(left()).toEqual(['lock', 'state.json']);
  // The next one that goes through ends it.
  rmSync(hook);
  await published(told('{}'));
  expect(state()).toMatchObject({ told: { branch: place.branch }, failed: null });
});

it('is ended by its signal, which is no failure', async () => {
  const stop = new AbortController();
  stop.abort();
  const ended = await publish(publisher(stop.signal), place, told('{}'));
  expect(ended).toMatchObject({ ok: false });
  expect(state()).toEqual({ told: null, failed: null });
  expect(left()).toEqual(['lock']);
});

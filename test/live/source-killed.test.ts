import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sourceDirectory } from '../../src/source/clone.ts';
import { readSourceState } from '../../src/source/state.ts';
import { GitRig, policyOf } from '../source/git-rig.ts';
import { followed, look, outcome } from '../source/looking.ts';
import { builtProgram as main } from './build.ts';
import { sh } from './lab.ts';

let rig: GitRig;
let first = '';
let kept = '';
let programs = '';
beforeAll(async () => {
  rig = new GitRig('alice');
  first = await followed(rig);
  // What each try begins with.
  kept = join(rig.dir, 'kept');
  cpSync(rig.stateDir, kept, { recursive: true });
  const verify = { signers: rig.signersFile };
  const host = { stateDir: rig.stateDir, source: { url: rig.repository, verify } };
  writeFileSync(join(rig.dir, 'host.yaml'), JSON.stringify(host));
  programs = await wrappedGit();
});
afterAll(() => rig[Symbol.dispose]());

/**
 * A directory of a git that counts: each call of it, also those that git makes of itself (a fetch starts
 * five), and at the one that is asked for everything dies by SIGKILL, before it or after it.
 */
async function wrappedGit(): Promise<string> {
  const directory = join(rig.dir, 'programs');
  mkdirSync(directory);
  const core = (await sh('git', '--exec-path')).trim();
  for (const name of readdirSync(core))
    if (name !== 'git') symlinkSync(join(core, name), join(directory, name));
  const counter = join(rig.dir, 'counter');
  const script = `#!/bin/sh
exec 9>>${counter}.lock; flock 9
number=$(($(cat ${counter}) + 1)); echo $number > ${counter}; flock -u 9; exec 9>&-
read -r at how < ${rig.dir}/kill
export GIT_EXEC_PATH=${directory}
[ $number = $at ] || exec ${core}/git "$@"
[ $how = before ] || ${core}/git "$@"
kill -9 0
`;
  writeFileSync(join(directory, 'git'), script, { mode: 0o755 });
  return directory;
}

/** Looks at the branch in a process of its own, all of which dies at a call of git; how it ended, and how many calls there were. */
async function lookKilled(at: number, how: 'before' | 'after') {
  rmSync(rig.stateDir, { recursive: true });
  cpSync(kept, rig.stateDir, { recursive: true });
  writeFileSync(join(rig.dir, 'kill'), `${at} ${how}\n`);
  writeFileSync(join(rig.dir, 'counter'), '0\n');
  const child = spawn(
    process.execPath,
    [main, '--host-config', join(rig.dir, 'host.yaml'), 'verify-source'],
    {
      // A group of its own: `kill -9 0` is for all of it.
      detached: true,
      stdio: 'ignore',
      env: { PATH: `${programs}:${process.env['PATH'] ?? ''}` },
    },
  );
  const [exit, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { ended: exit ?? signal, calls: Number(readFileSync(join(rig.dir, 'counter'), 'utf8')) };
}

const inForce = () => {
  const state = readSourceState(rig.stateDir);
  if (!state.ok) throw new Error(state.error.message);
  const { commit, files } = state.value.inForce ?? { commit: null, files: [] };
  return [commit, files.map(({ text }) => text)];
};

it('SIGKILL at each git of a look leaves what was in force, whole, and the next look follows', async () => {
  const second = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(20) } });
  const whole = await lookKilled(0, 'before');
  expect(whole).toEqual({ ended: 0, calls: expect.any(Number) as number });
  expect(whole.calls).toBeGreaterThan(8);
  expect(inForce()).toEqual([second, [policyOf(20)]]);
  for (let at = 1; at <= whole.calls; at += 1) {
    // After the last but before what follows it, too.
    for (const how of at % 3 === 0 ? (['before', 'after'] as const) : (['after'] as const)) {
      const killed = await lookKilled(at, how);
      expect(killed.ended, `${how} call ${at}`).toBe('SIGKILL');
      expect(inForce(), `${how} call ${at}`).toEqual([first, [policyOf(10)]]);
      expect(outcome(await look(rig.setting())), `${how} call ${at}`).toEqual({
        inForce: second,
        refused: null,
        failed: null,
      });
      expect(existsSync(join(sourceDirectory(rig.stateDir), 'state.json'))).toBe(true);
    }
  }
});

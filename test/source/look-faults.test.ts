import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { cloneDirectory, sourceDirectory } from '../../src/source/clone.ts';
import { lookAtSource } from '../../src/source/look-at-source.ts';
import { GitRig, policyOf } from './git-rig.ts';
import { followed, look, outcome } from './looking.ts';

// Each look starts some ten programs.
vi.setConfig({ testTimeout: 60_000 });

describe('a source that cannot be reached', () => {
  it('leaves the last good policy in force, also when it vanished', async () => {
    using rig = new GitRig('alice');
    const first = await followed(rig);
    renameSync(rig.repository, `${rig.repository}.away`);
    const gone = await look(rig.setting());
    expect(outcome(gone)).toEqual({
      inForce: first,
      refused: null,
      failed: `${rig.repository} could not be fetched: '${rig.repository}' does not appear to be a git repository`,
    });
    expect(gone.state.fetchedAt).toBe('2026-11-22T09:30:00.000Z');
    renameSync(`${rig.repository}.away`, rig.repository);
    expect(outcome(await look(rig.setting())).failed).toBeNull();
    expect(outcome(await look(rig.setting({ branch: 'other' })))).toEqual({
      inForce: first,
      refused: null,
      failed: `${rig.repository} could not be fetched: couldn't find remote ref refs/heads/other`,
    });
  });

  it('is given up when a fetch hangs', async () => {
    using rig = new GitRig('alice');
    const first = await followed(rig);
    // A server that takes connections and says nothing.
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const url = `ssh://git@127.0.0.1:${port}/backups.git`;
      expect(outcome(await look(rig.setting({ url, timeoutSeconds: 1 })))).toEqual({
        inForce: first,
        refused: null,
        failed: `${url} could not be fetched: git fetch took longer than 1 s`,
      });
    } finally {
      server.close();
    }
  });

  it('is not reached by other protocols', async () => {
    using rig = new GitRig('alice');
    const ran = join(rig.dir, 'ran');
    const found = await look(rig.setting({ url: `ext::touch ${ran}` }));
    expect(outcome(found).failed).toBe(
      `ext::touch ${ran} could not be fetched: transport 'ext' not allowed`,
    );
    expect(existsSync(ran)).toBe(false);
  });
});

describe('the clone and the state', () => {
  it('runs nothing that lies in the clone, and is mended by the next look', async () => {
    using rig = new GitRig('alice');
    await followed(rig);
    const clone = cloneDirectory(rig.stateDir);
    const ran = join(rig.dir, 'ran');
    const evil = join(rig.dir, 'evil');
    writeFileSync(evil, `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
    mkdirSync(join(clone, 'hooks'));
    for (const hook of ['reference-transaction', 'post-fetch'])
      writeFileSync(join(clone, 'hooks', hook), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
    const config = `[core]\n\trepositoryFormatVersion = 0\n\tfsmonitor = ${evil}\n\tsshCommand = ${evil}\n[gpg "ssh"]\n\tprogram = ${evil}\n`;
    // The trap works: git itself springs it.
    writeFileSync(join(clone, 'config'), config);
    execFileSync('git', ['update-ref', 'refs/holdfast/x', 'refs/holdfast/in-force'], {
      cwd: clone,
    });
    expect(existsSync(ran)).toBe(true);
    rmSync(ran);
    // What a git that was killed leaves.
    for (const lock of [
      'config.lock',
      'refs/holdfast/candidate.lock',
      'refs/holdfast/in-force.lock',
    ])
      writeFileSync(join(clone, lock), '');
    const next = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(20) } });
    expect(outcome(await look(rig.setting()))).toEqual({
      inForce: next,
      refused: null,
      failed: null,
    });
    expect(existsSync(ran)).toBe(false);
  });

  it('does not begin anew by itself when the state cannot be read', async () => {
    using rig = new GitRig('alice');
    await followed(rig);
    const path = join(sourceDirectory(rig.stateDir), 'state.json');
    writeFileSync(path, '{');
    const found = await lookAtSource(rig.setting());
    expect(found).toMatchObject({ ok: false, error: { code: 'source-state-unreadable' } });
  });

  it('lets two looks at once wait for each other', async () => {
    using rig = new GitRig('alice');
    const first = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(10) } });
    const both = await Promise.all([look(rig.setting()), look(rig.setting())]);
    expect(both.map(({ state }) => state.inForce?.commit)).toEqual([first, first]);
    expect(both.filter(({ changed }) => changed)).toHaveLength(1);
  });
});

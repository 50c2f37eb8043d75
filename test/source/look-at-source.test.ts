import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { cloneDirectory } from '../../src/source/clone.ts';
import { GitRig, policyOf } from './git-rig.ts';
import { followed, look, outcome } from './looking.ts';

// Each look starts some ten programs.
vi.setConfig({ testTimeout: 60_000 });

const short = (commit: string): string => commit.slice(0, 7);

describe('a branch that may be followed', () => {
  it('is followed, its policy is read, and what is new is said', async () => {
    using rig = new GitRig('alice');
    const first = rig.commit({
      by: 'alice',
      write: { 'policy.yaml': policyOf(10), other: 'large' },
    });
    const one = await look(rig.setting());
    expect(outcome(one)).toEqual({ inForce: first, refused: null, failed: null });
    expect(one.changed).toBe(true);
    expect(one.state.inForce).toMatchObject({
      signer: 'alice@example.org',
      since: '2026-11-22T09:30:00.000Z',
      files: [{ path: 'policy.yaml', text: policyOf(10) }],
    });
    rig.nowMs += 60_000;
    const again = await look(rig.setting());
    expect([again.changed, again.commits]).toEqual([false, []]);
    expect(again.state).toEqual({ ...one.state, fetchedAt: '2026-11-22T09:31:00.000Z' });
    const write = { 'policy.yaml': policyOf(20) };
    const next = rig.commit({ by: 'alice', write, message: 'more room' });
    const two = await look(rig.setting());
    expect(outcome(two)).toEqual({ inForce: next, refused: null, failed: null });
    expect(two.commits).toMatchObject([
      {
        commit: next,
        signer: 'alice@example.org',
        author: 'Ann',
        subject: 'more room',
        verdict: 'signed',
      },
    ]);
    expect(two.state.inForce?.files).toEqual([{ path: 'policy.yaml', text: policyOf(20) }]);
    // Nothing but what the policy is made of has come: `other` and the first policy's successor are told apart.
    const missing = execFileSync(
      'git',
      ['rev-list', '--objects', '--missing=print', next, '--filter-print-omitted'],
      { cwd: cloneDirectory(rig.stateDir), encoding: 'utf8' },
    );
    expect(missing).toContain(`?${rig.git('rev-parse', 'HEAD:other')}`);
  });

  it('may be merged from signed branches, and holds files that include others', async () => {
    using rig = new GitRig('alice', 'bob');
    await followed(rig);
    rig.git('checkout', '-q', '-b', 'side');
    rig.commit({
      by: 'bob',
      write: { 'more/rules.yaml': 'version: 1\ndomains: [{ name: db1 }]\n' },
    });
    rig.git('checkout', '-q', 'main');
    const include = `${policyOf(20)}include: [more/rules.yaml]\n`;
    rig.commit({ by: 'alice', write: { 'policy.yaml': include } });
    const merged = rig.merge('side', 'alice');
    const found = await look(rig.setting());
    expect(outcome(found)).toEqual({ inForce: merged, refused: null, failed: null });
    expect(found.commits).toHaveLength(3);
    expect(new Set(found.commits.map(({ signer }) => signer))).toEqual(
      new Set(['alice@example.org', 'bob@example.org']),
    );
    expect(found.state.inForce?.files.map(({ path }) => path)).toEqual([
      'policy.yaml',
      'more/rules.yaml',
    ]);
  });

  it('may hold unsigned commits below one that seals them', async () => {
    using rig = new GitRig('alice');
    await followed(rig);
    rig.commit({ write: { 'policy.yaml': policyOf(20) } });
    const head = rig.commit({ by: 'alice', message: 'ok\n\nHoldfast-Seal: I read all of them' });
    const found = await look(rig.setting());
    expect(outcome(found)).toEqual({ inForce: head, refused: null, failed: null });
    expect(found.commits.map(({ verdict }) => verdict)).toEqual(['sealed', 'signed']);
    // Who may not sign may not seal.
    rig.commit({ write: { 'policy.yaml': policyOf(30) } });
    const bad = rig.commit({ by: 'mallory', message: 'ok\n\nHoldfast-Seal: trust me' });
    const refused = await look(rig.setting());
    expect(refused.commits.map(({ verdict }) => verdict)).toEqual(['unsigned', 'unlisted']);
    expect(outcome(refused).inForce).toBe(head);
    expect(refused.state.refused?.refusal.tip).toBe(bad);
  });
});

describe('G101: signatures', () => {
  it('refuses an unsigned commit under a signed head, and a first one that is not signed', async () => {
    using rig = new GitRig('alice');
    const none = rig.commit({ write: { 'policy.yaml': policyOf(10) } });
    expect(outcome(await look(rig.setting()))).toEqual({
      inForce: null,
      refused: ['G101', { commit: short(none), why: 'unsigned', author: 'Ann' }],
      failed: null,
    });
    const first = await followed(rig);
    const bad = rig.commit({ write: { 'policy.yaml': policyOf(20) } });
    rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(30) } });
    rig.nowMs += 60_000;
    const found = await look(rig.setting());
    expect(outcome(found)).toEqual({
      inForce: first,
      refused: ['G101', { commit: short(bad), why: 'unsigned', author: 'Ann' }],
      failed: null,
    });
    expect(found.commits.map(({ verdict }) => verdict)).toEqual(['unsigned', 'signed']);
    // The same refusal is as old as its first time, and the policy is the old one.
    rig.nowMs += 60_000;
    const again = await look(rig.setting());
    expect(again.state.refused?.at).toBe('2026-11-22T09:31:00.000Z');
    expect(again.state.inForce?.files[0]?.text).toBe(policyOf(10));
    // A branch that was mended follows from what is in force.
    rig.git('reset', '-q', '--hard', first);
    const good = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(30) } });
    expect(outcome(await look(rig.setting()))).toEqual({
      inForce: good,
      refused: null,
      failed: null,
    });
  });

  it('refuses keys that are not listed, whose time is over, or that are revoked', async () => {
    using rig = new GitRig('alice');
    const first = await followed(rig);
    const tried = async (by: string, date: string, revoked: string | null): Promise<unknown> => {
      const commit = rig.commit({ by, date });
      const setting = rig.setting({ verify: { signers: rig.signersFile, revoked } });
      const found = outcome(await look(setting));
      expect(found.inForce).toBe(first);
      rig.git('reset', '-q', '--hard', first);
      const [, facts] = found.refused ?? [];
      return typeof facts === 'object' ? [facts['commit'] === short(commit), facts['why']] : found;
    };
    const day = '2026-11-22T08:30:00Z';
    expect(await tried('mallory', day, null)).toEqual([true, 'unlisted']);
    rig.allow(rig.line('alice'), rig.line('old', 'valid-before="20260101"'));
    expect(await tried('old', day, null)).toEqual([true, 'expired']);
    // git itself believes the date that a commit gives itself.
    expect(await tried('old', '2025-06-01T00:00:00Z', null)).toEqual([true, 'expired']);
    rig.allow(rig.line('alice'), rig.line('new', 'valid-after="20270101"'));
    expect(await tried('new', day, null)).toEqual([true, 'expired']);
    rig.allow(rig.line('alice'), rig.line('lost'));
    const revoked = join(rig.dir, 'revoked_keys');
    writeFileSync(revoked, `${rig.publicKey('lost')}\n`);
    expect(await tried('lost', day, revoked)).toEqual([true, 'bad']);
    rig.allow(rig.line('alice'), rig.line('other', 'namespaces="file"'));
    expect(await tried('other', day, null)).toEqual([true, 'bad']);
  });

  it('refuses a signature of another commit', async () => {
    using rig = new GitRig('alice');
    const first = await followed(rig);
    const good = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(20) } });
    const text = rig.git('cat-file', 'commit', good);
    const tree = rig.git('rev-parse', `${good}^{tree}`);
    rig.commit({ write: { 'policy.yaml': policyOf(30) } });
    const forged = text.replace(tree, rig.git('rev-parse', 'HEAD^{tree}'));
    writeFileSync(join(rig.dir, 'forged'), `${forged}\n`);
    const commit = rig.git('hash-object', '-t', 'commit', '-w', join(rig.dir, 'forged'));
    rig.git('update-ref', 'refs/heads/main', commit);
    expect(outcome(await look(rig.setting()))).toEqual({
      inForce: first,
      refused: ['G101', { commit: short(commit), why: 'bad', author: 'Ann' }],
      failed: null,
    });
  });

  it('takes a file of signers only that nobody else can write', async () => {
    using rig = new GitRig('alice');
    const first = await followed(rig);
    chmodSync(rig.signersFile, 0o664);
    expect(outcome(await look(rig.setting()))).toEqual({
      inForce: first,
      refused: null,
      failed: `${rig.signersFile}: others may write it; chmod go-w it`,
    });
    chmodSync(rig.signersFile, 0o644);
    rig.allow('# nobody');
    expect(outcome(await look(rig.setting())).failed).toBe(
      `${rig.signersFile} names no key, so nobody can sign`,
    );
    rmSync(rig.signersFile);
    expect(outcome(await look(rig.setting())).failed).toBe(
      `${rig.signersFile}: it is not there; the host file names it`,
    );
  });
});

describe('G102: forwards only', () => {
  it('refuses a rewind, a replayed commit and a rewritten branch, until it follows again', async () => {
    using rig = new GitRig('alice');
    const first = await followed(rig);
    const second = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(20) } });
    await look(rig.setting());
    rig.git('reset', '-q', '--hard', first);
    const refused = (tip: string) => ({
      inForce: second,
      refused: ['G102', { applied: short(second), tip: short(tip) }],
      failed: null,
    });
    expect(outcome(await look(rig.setting()))).toEqual(refused(first));
    const other = rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(30) } });
    expect(outcome(await look(rig.setting()))).toEqual(refused(other));
    // Also when the clone was lost, which git then compares with nothing.
    rmSync(cloneDirectory(rig.stateDir), { recursive: true });
    expect(outcome(await look(rig.setting()))).toEqual(refused(other));
    expect(outcome(await look(rig.setting()))).toEqual(refused(other));
    rig.git('reset', '-q', '--hard', second);
    expect(outcome(await look(rig.setting()))).toEqual({
      inForce: second,
      refused: null,
      failed: null,
    });
  });
});

describe('G103 and G106: the file', () => {
  it.each([
    ['a symbolic link', { link: { 'policy.yaml': '/etc/passwd' } }],
    ['a directory', { write: { 'policy.yaml/x': '' } }],
    ['larger than 1 MiB', { write: { 'policy.yaml': `# ${'x'.repeat(1024 ** 2)}\n` } }],
  ])('refuses a policy that is %s', async (why, change) => {
    using rig = new GitRig('alice');
    const first = await followed(rig);
    rig.git('rm', '-q', 'policy.yaml');
    const bad = rig.commit({ by: 'alice', ...change });
    expect(outcome(await look(rig.setting()))).toEqual({
      inForce: first,
      refused: ['G103', { commit: short(bad), path: 'policy.yaml', why }],
      failed: null,
    });
  });

  it('refuses a policy that is not there, lies behind a link, or is not valid', async () => {
    using rig = new GitRig('alice');
    rig.commit({
      by: 'alice',
      write: { 'real/policy.yaml': policyOf(10), 'bad.yaml': 'version: 2\n' },
      link: { linked: 'real', 'real/rules.yaml': '/etc/passwd' },
    });
    const refusal = async (path: string): Promise<unknown> =>
      outcome(await look(rig.setting({ path }))).refused;
    const commit = short(rig.head());
    expect(await refusal('none.yaml')).toEqual([
      'G103',
      { commit, path: 'none.yaml', why: 'not there' },
    ]);
    const path = 'linked/policy.yaml';
    expect(await refusal(path)).toEqual(['G103', { commit, path, why: 'not there' }]);
    expect(await refusal('bad.yaml')).toMatchObject(['G106', { commit, errors: 1 }]);
    const write = { 'real/policy.yaml': `${policyOf(10)}include: [rules.yaml]\n` };
    const next = short(rig.commit({ by: 'alice', write }));
    expect(await refusal('real/policy.yaml')).toEqual([
      'G106',
      {
        commit: next,
        errors: 1,
        first: `real/policy.yaml:7: cannot be read: it is no plain file of at most 1 MiB in the commit ${next}`,
      },
    ]);
  });
});

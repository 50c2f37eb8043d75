import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SourceReport } from '../../src/model/report.ts';
import { GitRig } from '../source/git-rig.ts';
import { Cli, type Ran } from './cli.ts';
import { observation, policyText } from './fixture.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A host whose policy comes from a repository; what it prints, with names that do not change. */
class SourceHost implements Disposable {
  readonly rig = new GitRig('alice');
  readonly cli = new Cli();
  readonly #commits = new Map<string, string>();

  constructor() {
    this.cli.write('observed.json', observation());
    this.cli.write(
      'host.yaml',
      `stateDir: ${this.rig.stateDir}
source:
  url: ${this.rig.repository}
  path: kvm01/policy.yaml
  verify: { signers: ${this.rig.signersFile} }
`,
    );
  }

  commit(name: string, by: string | undefined, text: string, message = name): string {
    const commit = this.rig.commit({
      ...(by === undefined ? {} : { by }),
      write: { 'kvm01/policy.yaml': text },
      message,
    });
    this.#commits.set(name, commit);
    return commit;
  }

  async run(...args: readonly string[]): Promise<Ran> {
    const ran = await this.cli.run(['--host-config', 'host.yaml', ...args]);
    return { ...ran, out: this.#named(ran.out), err: this.#named(ran.err) };
  }

  #named(text: string): string {
    let named = text.replaceAll(this.rig.dir, 'RIG');
    for (const [name, commit] of this.#commits)
      named = named.replaceAll(commit, name).replaceAll(commit.slice(0, 7), name);
    return named
      .replaceAll(/since [\d-]+ [\d:+-]+/g, 'since THEN')
      .replaceAll(/^ {2}[\d-]+ [\d:+-]+ {2}/gm, '  THEN  ');
  }

  [Symbol.dispose](): void {
    this.rig[Symbol.dispose]();
    this.cli[Symbol.dispose]();
  }
}

const plan = ['plan', '--observed', 'observed.json'];
const inForce = 'Policy kvm01/policy.yaml at main FIRST, signed by alice@example.org.\n';

describe('a policy from git', () => {
  it('needs no --policy, and says which commit is in force', async () => {
    using host = new SourceHost();
    host.commit('FIRST', 'alice', policyText);
    const ran = await host.run(...plan);
    expect([ran.exit, ran.err]).toEqual([0, inForce]);
    expect(ran.out).toContain('policy    kvm01/policy.yaml at main FIRST · 2 rules, 1 store\n');
    expect(ran.out).toContain('kvm01/policy.yaml:13\n');
    // Once it is in force neither the repository nor the clone is needed.
    rmSync(host.rig.repository, { recursive: true });
    rmSync(join(host.rig.stateDir, 'source', 'repository.git'), { recursive: true });
    expect(await host.run(...plan)).toEqual(ran);
    expect(await host.run('--quiet', ...plan)).toEqual({ ...ran, err: '' });
  });

  it('keeps the last good policy when a commit is refused, says so, and exits 8', async () => {
    using host = new SourceHost();
    host.commit('FIRST', 'alice', policyText);
    await host.run('verify-source');
    host.commit('EVIL', undefined, policyText.replace('chains: 1', 'last: 1'));
    const found = await host.run('verify-source');
    expect(found).toEqual({
      exit: 8,
      err: '',
      out: `source    RIG/upstream · main · kvm01/policy.yaml
in force  FIRST signed by alice@example.org, since THEN
refused   G101 policy has a commit that does not count: EVIL is not signed
          since THEN. Let an allowed signer sign the commit anew, or seal it; holdfast verify-source lists all.

COMMIT   VERDICT              SIGNER  AUTHOR  SUBJECT
EVIL  REFUSED: not signed          Ann     EVIL
`,
    });
    const ran = await host.run(...plan);
    expect([ran.exit, ran.err]).toEqual([
      8,
      `${inForce}holdfast: G101 policy has a commit that does not count: EVIL is not signed; the last good policy stays in force\n`,
    ]);
    expect(ran.out).toContain('> domain/web01 increment 0004 on 0003');
    expect(ran.out).toContain(`guards
  block G101 policy has a commit that does not count: EVIL is not signed
        Let an allowed signer sign the commit anew, or seal it; holdfast verify-source lists all.
`);
  });

  it('exits 3 when the newest policy is not valid, and 8 without any', async () => {
    using host = new SourceHost();
    host.commit('BAD', 'alice', `${policyText}nonsense: 1\n`);
    expect(await host.run(...plan)).toEqual({
      exit: 8,
      out: '',
      err: 'holdfast: the policy source gives no policy: G106 policy is not valid in the commit BAD: kvm01/policy.yaml:15: unknown key "nonsense". Correct it in a further commit; holdfast validate lists all mistakes.\n',
    });
    host.commit('FIRST', 'alice', policyText);
    await host.run('verify-source');
    host.commit('WORSE', 'alice', 'version: 1\n');
    expect((await host.run('verify-source')).exit).toBe(3);
    expect((await host.run(...plan)).exit).toBe(3);
  });

  it('tells what it found as JSON', async () => {
    using host = new SourceHost();
    host.commit('FIRST', 'alice', policyText);
    const ran = await host.run('--json', 'verify-source');
    const report = JSON.parse(ran.out) as SourceReport & { readonly kind: string };
    expect(ran.exit).toBe(0);
    expect(report).toMatchObject({
      formatVersion: 1,
      kind: 'source',
      url: 'RIG/upstream',
      branch: 'main',
      path: 'kvm01/policy.yaml',
      inForce: { commit: 'FIRST', signer: 'alice@example.org' },
      changed: true,
      commits: [{ commit: 'FIRST', verdict: 'signed', author: 'Ann', subject: 'FIRST' }],
      refused: null,
      failure: null,
    });
    expect(ran.out).not.toContain('domains:');
  });

  it('needs a source for verify-source, and one of policy and source', async () => {
    using cli = new Cli();
    cli.write('host.yaml', 'stateDir: /nowhere\n');
    expect(await cli.run(['--host-config', 'host.yaml', 'verify-source'])).toEqual({
      exit: 64,
      out: '',
      err: 'holdfast: the host file names no git repository: write source: { url: …, verify: { signers: … } } into it\n',
    });
  });
});

describe('source reset', () => {
  it('begins anew after a branch was rewritten, and history keeps who said so', async () => {
    using host = new SourceHost();
    host.commit('FIRST', 'alice', policyText);
    await host.run('verify-source');
    host.rig.git('checkout', '-q', '--orphan', 'other');
    host.commit('OTHER', 'alice', policyText.replace('26h', '27h'));
    host.rig.git('branch', '-q', '-M', 'other', 'main');
    const refused = await host.run('verify-source');
    expect(refused.exit).toBe(8);
    expect(refused.out).toContain(
      'G102 policy OTHER does not follow from FIRST, which is in force: the branch was rewound or rewritten\n',
    );
    expect((await host.run('source', 'reset')).exit).toBe(64);
    const reset = await host.run('source', 'reset', '--reason', 'rebased, ticket 4711');
    expect(reset).toMatchObject({
      exit: 0,
      err: 'From this commit on the branch is followed; history says so.\n',
    });
    expect(reset.out).toContain('in force  OTHER signed by alice@example.org, new\n');
    const history = await host.run('history');
    expect(history.out).toMatch(
      /^No runs yet\.\n\nThe policy's source was reset\n {2}THEN {2}from FIRST to OTHER by \S+: rebased, ticket 4711\n$/,
    );
    expect((await host.run(...plan)).err).toBe(inForce.replace('FIRST', 'OTHER'));
  });

  it('takes a signed commit of the branch only', async () => {
    using host = new SourceHost();
    const first = host.commit('FIRST', 'alice', policyText);
    host.commit('EVIL', undefined, policyText);
    const evil = await host.run('source', 'reset', '--reason', 'x');
    expect([evil.exit, evil.err]).toEqual([8, 'holdfast: nothing was changed\n']);
    host.rig.git('checkout', '-q', '-b', 'side', first);
    const side = host.commit('SIDE', 'alice', policyText);
    expect(await host.run('source', 'reset', '--to', side, '--reason', 'x')).toEqual({
      exit: 8,
      out: '',
      err: 'holdfast: SIDE is no commit of the branch main, whose newest is EVIL\n',
    });
    const good = await host.run('source', 'reset', '--to', first.slice(0, 10), '--reason', 'x');
    expect(good.exit).toBe(0);
    expect(good.out).toContain('in force  FIRST signed by alice@example.org, new\n');
    // The branch is refused as before, from there on.
    expect((await host.run('verify-source')).exit).toBe(8);
  });

  it('mends a state that cannot be read', async () => {
    using host = new SourceHost();
    host.commit('FIRST', 'alice', policyText);
    await host.run('verify-source');
    writeFileSync(join(host.rig.stateDir, 'source', 'state.json'), '{');
    const refused = await host.run(...plan);
    expect(refused.exit).toBe(8);
    expect(refused.err).toContain('holdfast source reset --reason TEXT begins anew\n');
    expect((await host.run('source', 'reset', '--reason', 'x')).exit).toBe(0);
    expect((await host.run(...plan)).exit).toBe(0);
  });
});

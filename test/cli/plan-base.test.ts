import { execFileSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import type { PolicyChange } from '../../src/model/policy-change.ts';
import { observedDays } from '../approval/three-chains.ts';
import { Cli } from './cli.ts';

vi.setConfig({ testTimeout: 60_000 });

const policy = (keep: string): string => `version: 1
timezone: Europe/Berlin
stores: { main: { path: /backups } }
schedules: { nightly: "0 2 * * *" }
retention: { standard: { keep: ${keep} } }
defaults: { store: main, schedule: nightly, retention: standard }
domains: [{ match: "*" }]
`;

/** A clone with the policy in a folder, an observation beside it, and no host. */
class Clone extends Cli {
  git(...args: readonly string[]): void {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: this.dir,
      stdio: 'ignore',
    });
  }

  constructor() {
    super();
    this.git('init', '-q', '-b', 'main');
    this.write('observed.json', observedDays([20, 21, 22]));
    this.write('kvm01/policy.yaml', policy('all'));
    this.git('add', 'kvm01');
    this.git('commit', '-q', '-m', 'one');
  }
}

const command = ['plan', '--policy', 'kvm01/policy.yaml', '--observed', 'observed.json', '--base'];

describe('plan --base', () => {
  it('shows what the change alone does, and what is lost', async () => {
    using clone = new Clone();
    clone.write('kvm01/policy.yaml', policy('{ last: 1 }'));
    const ran = await clone.run([...command, 'main']);
    expect([ran.exit, ran.err]).toEqual([0, '']);
    expect(ran.out).toMatch(
      /^base {6}kvm01\/policy\.yaml at main [0-9a-f]{7}\npolicy {4}kvm01\/policy\.yaml/,
    );
    expect(ran.out).toContain('\ndone because of the change\n');
    expect(ran.out).toContain(
      '\nguards that speak now\n  block G201 domain/web01 would lose 2 of 3 chains',
    );
    expect(ran.out).toContain('\nthe next 30 days\n');
    expect(ran.out).toMatch(
      /\n\nThis change alone, now: 2 actions more; 2 restore points lost in 2 chains, [\d.]+ [KMG]iB\.\n$/,
    );
    const markdown = await clone.run([...command, 'main', '--format', 'markdown']);
    expect(markdown.out).toMatch(
      /^<!-- holdfast-plan host=\S+ id=[0-9a-f]+ cut=false -->\n### Holdfast: what this change does\n\n```text\nThis change alone, now: 2 actions more; 2 restore points lost in 2 chains, [\d.]+ [KMG]iB\.\n```\n\n\*\*Lost\*\*\n\n```text\n- domain\/web01\/\S+ {2}1 point /,
    );
    const github = await clone.run([...command, 'main', '--format', 'github']);
    expect(github.out).toMatch(
      /^::error file=kvm01\/policy.yaml,line=7,col=\d+,title=G201::domain\/web01 would lose/,
    );
    const json = await clone.run([...command, 'HEAD', '--format', 'json']);
    const change = JSON.parse(json.out) as PolicyChange & { readonly kind: string };
    expect(change).toMatchObject({
      formatVersion: 1,
      kind: 'policy-change',
      revision: 'HEAD',
      isSame: false,
      removed: [],
      lostPoints: 2,
      covered: { added: [], removed: [] },
    });
    expect(change.lost.map(({ address }) => address)).toEqual([
      'domain/web01/20261120T010000Z-00cc',
      'domain/web01/20261121T010000Z-00cc',
    ]);
    expect(change.forecast?.totals.map(({ figure }) => figure)).toContain('deletedChains');
  });

  it('says when a change means nothing, and which domains it leaves out', async () => {
    using clone = new Clone();
    clone.write('kvm01/policy.yaml', `# a word\n${policy('all')}`);
    const same = await clone.run([...command, 'HEAD']);
    expect(same.out).toMatch(/\nThe change means nothing: both policies say the same\.\n$/);
    clone.write('kvm01/policy.yaml', `${policy('all')}ignore: [web01]\n`);
    const less = await clone.run([...command, 'HEAD']);
    expect(less.out).toContain('\nno longer backed up\n    domain/web01\n');
    expect(less.out).toMatch(/; no restore point is lost\.\n$/);
  });

  it('says what there is to compare with', async () => {
    using clone = new Clone();
    expect(await clone.run([...command, 'origin/main'])).toEqual({
      exit: 64,
      out: '',
      err: 'holdfast: this clone has no revision origin/main: fetch it, as in git fetch origin main\n',
    });
    clone.write('new.yaml', policy('all'));
    const other = ['plan', '--policy', 'new.yaml', '--observed', 'observed.json', '--base', 'HEAD'];
    expect((await clone.run(other)).err).toBe(
      'holdfast: new.yaml is not there in HEAD: there is nothing to compare with\n',
    );
    expect((await clone.run([...command, '--upload-pack=x'])).exit).toBe(64);
  });
});

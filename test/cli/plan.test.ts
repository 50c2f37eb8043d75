import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Cli } from './cli.ts';
import { observation, policyText } from './fixture.ts';

const text = `policy    policy.yaml · 2 rules, 1 store
observed  kvm01 2026-11-22 10:30:02+01:00 · libvirt ok · main ok (1 chain, 4 points)

20 backups
  > domain/db1   full, about 8 GiB                     no restore point yet            policy.yaml:13
  > domain/web01 increment 0004 on 0003, 1.2 GiB       due 02:00, newest is 1d 8h old  policy.yaml:12

left alone
  . domain/old01 unmanaged                             not in policy.yaml: kept, unmanaged
    scratch-7    ignored                               policy.yaml:14

Plan: 2 to run.
`;

/** A directory with the policy and the observation. */
function prepared(policy = policyText, observed: object = observation()): Cli {
  const cli = new Cli();
  cli.write('policy.yaml', policy);
  cli.write('observed.json', observed);
  return cli;
}
const plan = ['plan', '--observed', 'observed.json'];

describe('plan --observed', () => {
  it('prints the plan, and needs no host', async () => {
    using cli = prepared();
    expect(await cli.run(plan)).toEqual({ exit: 0, out: text, err: '' });
  });

  it('exits 2 with --detailed-exitcode, as there are changes', async () => {
    using cli = prepared();
    const ran = await cli.run([...plan, '--detailed-exitcode']);
    expect(ran).toEqual({ exit: 2, out: text, err: '' });
  });

  it('saves the plan for its owner alone, and show prints the same, and that it is a saved one', async () => {
    using cli = prepared();
    const ran = await cli.run([...plan, '--out', 'plan.json']);
    expect(ran).toEqual({
      exit: 0,
      out: text,
      err: 'Saved. To do exactly this: holdfast apply plan.json\n',
    });
    expect(statSync(join(cli.dir, 'plan.json')).mode & 0o777).toBe(0o600);
    const until = 'made 2026-11-22 10:30+01:00, good until 2026-11-22 22:30+01:00';
    expect(await cli.run(['show', 'plan.json'])).toEqual({
      exit: 0,
      out: `saved     plan plan.json, ${until}\n${text}`,
      err: '',
    });
    const saved = readFileSync(join(cli.dir, 'plan.json'), 'utf8');
    expect(await cli.run(['--json', 'plan', '--observed', 'observed.json'])).toEqual({
      exit: 0,
      out: saved,
      err: '',
    });
    expect((await cli.run(['show', '-'], { input: saved })).out).toBe(
      `saved     plan, ${until}\n${text}`,
    );
  });

  it('is the same plan from the same observation', async () => {
    using cli = prepared();
    const first = await cli.run([...plan, '--format', 'json']);
    const second = await cli.run(['--quiet', ...plan, '--format', 'json']);
    expect(second).toEqual(first);
  });

  it('plans as if it were another time', async () => {
    using cli = prepared();
    const ran = await cli.run(['--json', ...plan, '--at', '2026-11-22 01:00']);
    const { plannedAt, actions } = JSON.parse(ran.out) as Plan;
    expect(plannedAt).toBe('2026-11-22T00:00:00.000Z');
    // One point a night: at one o'clock the last one is of two in the morning the day before.
    expect(actions.map(({ address }) => address)).toEqual(['domain/db1']);
  });

  it('takes --target and --now', async () => {
    using cli = prepared();
    const asked = ['--target', 'web01', '--now', 'domain/web01', '--full', '--note', 'upgrade'];
    const ran = await cli.run(['--json', ...plan, ...asked]);
    const { request, actions } = JSON.parse(ran.out) as Plan;
    expect(request).toEqual({
      targets: ['domain/web01'],
      now: [{ address: 'domain/web01', full: true, note: 'upgrade', hold: null }],
      allow: [],
      unattended: false,
    });
    expect(actions).toMatchObject([{ kind: 'backup', level: 'full', note: 'upgrade' }]);
  });

  it('exits 9 when something was not seen', async () => {
    const failure = { code: 'connect', message: 'libvirtd does not answer' };
    using cli = prepared(policyText, observation({ hypervisor: { seen: false, failure } }));
    const { exit, out } = await cli.run(plan);
    expect(exit).toBe(9);
    expect(out).toContain('libvirtd does not answer');
  });

  it('exits 5 for another host (G104), with and without --detailed-exitcode', async () => {
    using cli = prepared(policyText.replace('kvm01', 'kvm02'));
    expect((await cli.run(plan)).exit).toBe(5);
    const { exit, out } = await cli.run([...plan, '--detailed-exitcode']);
    expect(exit).toBe(5);
    expect(out).toContain('G104');
  });

  it('shows what changed in the policy since the last apply, comments aside', async () => {
    const before = `# a remark\n${policyText.replace('"0 2 * * *"', '"0 3 * * *"')}`;
    const memory = { policyText: before, policyDigest: 'other' };
    using cli = prepared(policyText, observation({ memory }));
    const { out } = await cli.run(plan);
    expect(out).toContain('--- policy.yaml at the last apply\n+++ policy.yaml\n');
    expect(out).toContain('-  nightly: "0 3 * * *"\n+  nightly: "0 2 * * *"\n');
  });

  it('says the commit of a policy that is in git, and none of one that was changed', async () => {
    using cli = prepared();
    const git = (...args: readonly string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        cwd: cli.dir,
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    git('add', 'policy.yaml');
    git('commit', '-q', '-m', 'one');
    const commit = git('rev-parse', 'HEAD');
    const facts = async (): Promise<Plan['policy']> =>
      (JSON.parse((await cli.run(['--json', ...plan])).out) as Plan).policy;
    expect(await facts()).toMatchObject({ branch: 'main', commit });
    cli.write('policy.yaml', `${policyText}# more\n`);
    expect(await facts()).toMatchObject({ branch: 'main', commit: null });
  });

  it('says which rules are for a domain that nobody knows', async () => {
    using cli = prepared(policyText.replace('- name: web01', '- name: web01\n  - name: wbe02'));
    const { exit, err } = await cli.run(plan);
    expect({ exit, err }).toEqual({
      exit: 0,
      err: 'policy.yaml:13: no domain is called wbe02: this rule backs nothing up\n',
    });
  });
});

describe('plan refuses', () => {
  it.each([
    [['plan', '--at', '2026-11-22'], 64, '--at needs --observed FILE: this host is as it is now'],
    [
      ['plan', '--observed', 'none.json'],
      64,
      'none.json cannot be read: there is no file DIR/none.json; holdfast observe --out FILE writes one',
    ],
    [
      ['plan', '--observed', 'policy.yaml'],
      64,
      `policy.yaml is not JSON (Unexpected token 'v', "version: 1"... is not valid JSON); holdfast observe --out FILE writes one`,
    ],
    [
      ['plan', '--observed', 'plan.json'],
      64,
      "plan.json is no observation: it must have required property 'observedAt'; holdfast observe --out FILE writes one",
    ],
    [
      ['show', 'observed.json'],
      64,
      "observed.json is no plan: it must have required property 'id'; holdfast plan --out FILE writes one",
    ],
    [
      ['plan', '--observed', 'observed.json', '--policy', 'none.yaml'],
      3,
      'there is no policy none.yaml: holdfast init writes one, --policy FILE names another',
    ],
    [
      ['plan', '--observed', 'observed.json', '--host-config', 'none.yaml'],
      3,
      'the host file none.yaml cannot be read: there is no file DIR/none.yaml; correct --host-config',
    ],
  ])('%j', async (args, exit, message) => {
    using cli = prepared();
    cli.write('plan.json', { formatVersion: 1, id: 'x' });
    expect(await cli.run(args)).toEqual({ exit, out: '', err: `holdfast: ${message}\n` });
  });

  it('says it as JSON too', async () => {
    using cli = prepared();
    const { exit, out } = await cli.run(['plan', '--json', '--now', 'a/b/c/d']);
    expect(exit).toBe(64);
    expect(JSON.parse(out)).toEqual({
      formatVersion: 1,
      kind: 'error',
      code: 'bad-address',
      message: '--now a/b/c/d: write a domain, as in domain/web01',
      exit: 64,
    });
  });

  it('without a policy, naming init', async () => {
    using cli = new Cli();
    const message =
      'there is no policy policy.yaml: holdfast init writes one, --policy FILE names another';
    expect(await cli.run(['plan'])).toEqual({ exit: 3, out: '', err: `holdfast: ${message}\n` });
  });
});

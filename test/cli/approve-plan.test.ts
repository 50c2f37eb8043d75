import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { guardOf, planOfDays } from '../approval/three-chains.ts';
import { GitRig } from '../source/git-rig.ts';
import { aPlan } from './a-plan.ts';
import { Cli } from './cli.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A host with an approver, and a saved plan of now with a guard that blocks. */
class ApprovingHost implements Disposable {
  readonly rig = new GitRig('alice');
  readonly cli = new Cli();

  constructor() {
    const { actions, guards } = planOfDays([20, 21, 22]);
    const plannedAt = new Date().toISOString();
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    this.cli.write('plan.json', aPlan(actions, { guards, host: hostname(), plannedAt, expiresAt }));
    this.cli.write(
      'host.yaml',
      `stateDir: ${this.rig.stateDir}\napprovals: { signers: ${this.rig.signersFile} }\n`,
    );
  }

  async run(...args: readonly string[]) {
    const ran = await this.cli.run(['--host-config', 'host.yaml', 'approve', ...args]);
    const hide = (text: string): string =>
      text
        .replaceAll(this.rig.dir, 'RIG')
        .replaceAll(/\b[0-9a-f]{16}\b/g, 'DIGEST')
        .replaceAll(/\d{4}-[\d-]+T[\d:.]+Z/g, 'THEN')
        .replaceAll(hostname(), 'HOST');
    return { ...ran, out: hide(ran.out), err: hide(ran.err) };
  }

  [Symbol.dispose](): void {
    this.rig[Symbol.dispose]();
    this.cli[Symbol.dispose]();
  }
}

const guard = ['--guard', 'G201=domain/web01'];

describe('approve', () => {
  it('signs what a guard of a saved plan blocks, and keeps it', async () => {
    using host = new ApprovingHost();
    const ran = await host.run('plan.json', ...guard, '--key', host.rig.key('alice'));
    expect(ran).toEqual({
      exit: 0,
      out: 'Approved DIGEST: G201=domain/web01, 2 actions, by alice@example.org until THEN. The next apply does it.\n',
      err: '',
    });
  });

  it('writes it for another host to add, and refuses whom the host file does not name', async () => {
    using host = new ApprovingHost();
    const own = ['plan.json', ...guard, '--out', 'web01.approval', '--key'];
    expect(await host.run(...own, host.rig.key('alice'))).toEqual({
      exit: 0,
      out: '',
      err: 'Written: web01.approval and web01.approval.sig. On the host: holdfast approve web01.approval\n',
    });
    expect((await host.run('web01.approval')).out).toContain('by alice@example.org until THEN');
    await host.run(...own, host.rig.key('mallory'));
    expect(await host.run('web01.approval')).toEqual({
      exit: 4,
      out: '',
      err: 'holdfast: the approval does not count: no key of RIG/allowed_signers that counts today signed it\n',
    });
    host.cli.write('host.yaml', `stateDir: ${host.rig.stateDir}\n`);
    expect((await host.run('web01.approval')).exit).toBe(64);
  });

  it('prints the line for a commit', async () => {
    using host = new ApprovingHost();
    expect(await host.run('plan.json', ...guard, '--trailer')).toEqual({
      exit: 0,
      out: 'Holdfast-Approve: HOST THEN DIGEST,DIGEST G201=domain/web01\n',
      err: '',
    });
  });

  it('says what can be approved, and what is missing', async () => {
    using host = new ApprovingHost();
    expect((await host.run('plan.json')).err).toBe(
      'holdfast: give --guard CODE=SCOPE for each guard that is to be approved\n',
    );
    expect((await host.run('plan.json', '--guard', 'G201=host')).err).toBe(
      'holdfast: --guard G201=host: no guard of the plan that can be approved says that; there is G201=domain/web01\n',
    );
    expect((await host.run('plan.json', ...guard)).err).toBe(
      'holdfast: give --key FILE, the ssh key of an approver, or --trailer for a signed commit\n',
    );
    const long = await host.run('plan.json', ...guard, '--trailer', '--for', '337');
    expect(long.exit).toBe(64);
    expect(guardOf(planOfDays([20, 21, 22])).overridable).toBe(true);
    host.cli.write(join('altered.json'), { ...aPlan([]), host: 'other' });
    expect((await host.run('altered.json', ...guard, '--trailer')).exit).toBe(5);
  });
});

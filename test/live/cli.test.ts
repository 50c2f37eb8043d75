import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { builtProgram as main } from './build.ts';
import { LiveHost } from './host.ts';
import { type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 32 * MiB }] });
  host = new LiveHost(lab, 'cli');
  host.writePolicy([domain]);
});

const now = (): readonly string[] => ['--now', `domain/${domain.name}`];

/** Runs a command on a terminal at which a person answers. */
async function answered(
  answer: string,
  ...args: readonly string[]
): Promise<{ readonly exit: number; readonly asked: string; readonly err: string }> {
  let [asked, err] = ['', ''];
  const terminal = {
    out: () => {},
    err: (text: string) => void (err += text),
    outIsTty: true,
    errIsTty: false,
    inIsTty: true,
    columns: 120,
    errColumns: null,
    env: { NO_COLOR: '1' },
    cwd: host.dir,
    readInput: async () => '',
    ask: async (question: string) => {
      asked += question;
      return answer;
    },
  };
  const files = ['--host-config', host.hostFile, '--policy', host.policyFile];
  const exit = await runProgram([...files, ...args], terminal, '0.0.0');
  return { exit, asked, err };
}

describe('init', () => {
  it('writes a policy that covers what libvirt has and plans without a guard', async () => {
    const store = join(host.dir, 'first');
    mkdirSync(store);
    const file = join(host.dir, 'first.yaml');
    const wrote = await host.run('init', '--store', store, '--out', file);
    expect(wrote).toMatchObject({ exit: 0, out: '' });
    expect(readFileSync(file, 'utf8')).toContain(`  - name: ${domain.name}\n`);
    const plan = await host.plan('--policy', file);
    expect(plan.guards.filter(({ effect }) => effect === 'block')).toEqual([]);
    expect(plan.actions.map(({ address }) => address)).toContain(`domain/${domain.name}`);
    const again = await host.run('init', '--out', file);
    expect(again).toEqual({
      exit: 1,
      out: '',
      err: `holdfast: ${file} is there already and is not overwritten: give --out another name\n`,
    });
    // The policy that is named is the file that is written.
    const named = join(host.dir, 'named.yaml');
    expect(await host.run('init', '--store', store, '--policy', named)).toMatchObject({ exit: 0 });
    expect(readFileSync(named, 'utf8')).toBe(readFileSync(file, 'utf8'));
  });
});

describe('apply asks', () => {
  it('and does nothing unless the answer is a whole yes', async () => {
    for (const answer of ['', 'y', 'no', 'yes please']) {
      expect(await answered(answer, 'apply', ...now())).toMatchObject({
        exit: 1,
        err: 'Nothing was done.\n',
      });
    }
    expect(existsSync(join(host.store, 'holdfast-store.json'))).toBe(false);
  });

  it('and does it after a yes', async () => {
    const { exit, asked } = await answered('yes', 'apply', ...now());
    expect(exit).toBe(0);
    expect(asked).toMatch(/^Do this on \S+: 1 to run, 1 to create\? Only yes is taken: $/);
    expect(await host.points()).toHaveLength(1);
  });
});

describe('a saved plan', () => {
  it('is done as it was saved, and a second time there is nothing left of it', async () => {
    await domain.write('vda', 0, MiB, 0x21);
    const file = join(host.dir, 'plan.json');
    await host.ok('plan', '--out', file, ...now());
    const first = await host.run('apply', file);
    expect(first.exit, first.err).toBe(0);
    expect(await host.points()).toHaveLength(2);
    const second = await host.run('apply', file);
    expect(second.exit, second.err).toBe(0);
    expect(second.err).toContain('was done before');
    expect(await host.points()).toHaveLength(2);
  });
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, exit) => {
  it('stops cleanly and leaves nothing', async () => {
    await domain.write('vda', 0, 24 * MiB, signal === 'SIGINT' ? 0x31 : 0x41);
    host.writePolicy([domain], { rate: '2MiB/s' });
    const before = await host.points();
    const child = host.child(main, '--json', 'apply', '--auto-approve', ...now());
    child.onEvent = ({ kind }) => {
      if (kind !== 'progress') return;
      child.onEvent = () => {};
      child.kill(signal);
    };
    expect(await child.ended(), child.err).toBe(exit);
    expect(child.err).toContain(`${signal}: stopping. No further action is started.\n`);
    expect(child.events.at(-1)).toMatchObject({ kind: 'run-finished', interrupted: true });
    expect(await host.points()).toEqual(before);
    expect(host.incoming()).toEqual([]);
    expect(host.jobFiles()).toEqual([]);
    host.writePolicy([domain], { rate: '1GiB/s' });
    expect(await host.planned()).toEqual([]);
    await host.ok('apply', '--auto-approve', ...now());
    expect(await host.points()).toHaveLength(before.length + 1);
  });
});

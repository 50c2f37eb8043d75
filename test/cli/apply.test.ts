import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takeApplyLock } from '../../src/cli/apply-lock.ts';
import { digestOf } from '../../src/model/canonical.ts';
import type { Plan } from '../../src/model/plan.ts';
import { Cli } from './cli.ts';
import { observation, policyText } from './fixture.ts';

const asks = (reason: string, remedy: string): string =>
  `holdfast: this asks before it changes anything, and ${reason}: give --auto-approve${remedy}\n`;

describe('apply refuses before it looks at anything', () => {
  // There is neither policy nor host here: whatever looked would say so.
  it.each([
    [['apply'], { inIsTty: false }, 'there is no terminal'],
    [['apply', '--no-input'], { inIsTty: true }, '--no-input was given'],
    [['apply', '--json'], { inIsTty: true }, '--json was given'],
    [['trash', 'empty'], { inIsTty: false }, 'there is no terminal'],
    [['untrack', 'web01'], { inIsTty: false }, 'there is no terminal'],
    [['restore', 'web01'], { inIsTty: false }, 'there is no terminal'],
  ])('%j %j: %s', async (args, terminal, reason) => {
    using cli = new Cli();
    const { exit, err } = await cli.run(args, terminal);
    // Only what `plan` makes can be saved.
    const remedy = args[0] === 'apply' ? ', or apply a saved plan' : '';
    expect({ exit, err }).toEqual({ exit: 64, err: asks(reason, remedy) });
  });
});

/** A directory with a saved plan, a policy, and a host file with a state directory of its own. */
async function prepared(): Promise<Cli> {
  const cli = new Cli();
  cli.write('policy.yaml', policyText);
  cli.write('observed.json', observation());
  cli.write('host.yaml', `stateDir: ${cli.dir}/state\nruntimeDir: ${cli.dir}/run\n`);
  await cli.run(['plan', '--observed', 'observed.json', '--out', 'plan.json']);
  return cli;
}
const apply = ['--host-config', 'host.yaml', 'apply'];

describe('apply PLAN refuses', () => {
  it('a plan of another host (G301)', async () => {
    using cli = await prepared();
    const { exit, err } = await cli.run([...apply, 'plan.json']);
    expect(exit).toBe(5);
    expect(err).toMatch(/^holdfast: plan\.json is for host kvm01, and this is .+\n$/);
  });

  it('a plan that was changed', async () => {
    using cli = await prepared();
    const plan = JSON.parse(readFileSync(join(cli.dir, 'plan.json'), 'utf8')) as Plan;
    cli.write('plan.json', { ...plan, actions: [] });
    expect(await cli.run([...apply, 'plan.json'])).toEqual({
      exit: 5,
      out: '',
      err: 'holdfast: plan.json was changed after it was made: its id does not fit\n',
    });
  });

  it('a plan that has expired', async () => {
    using cli = await prepared();
    const plan = JSON.parse(readFileSync(join(cli.dir, 'plan.json'), 'utf8')) as Plan;
    const { id: _id, ...rest } = { ...plan, host: (await import('node:os')).hostname() };
    const expired = { ...rest, expiresAt: '2020-01-01T00:00:00.000Z' };
    cli.write('plan.json', { ...expired, id: digestOf(expired) });
    expect((await cli.run([...apply, 'plan.json'])).err).toBe(
      'holdfast: plan.json expired at 2020-01-01T00:00:00.000Z: make a new one with holdfast plan --out\n',
    );
  });

  it('flags that say what a saved plan says already', async () => {
    using cli = await prepared();
    expect(await cli.run([...apply, 'plan.json', '--target', 'web01'])).toEqual({
      exit: 64,
      out: '',
      err: 'holdfast: a saved plan says already what is done: give --target and --now to plan\n',
    });
  });
});

it('exits 6 while another apply has the lock, and names its holder (G401)', async () => {
  using cli = await prepared();
  mkdirSync(join(cli.dir, 'state'));
  const lock = await takeApplyLock(join(cli.dir, 'state'), 0);
  if (!lock.ok) throw new Error(lock.error.message);
  const { exit, err } = await cli.run([...apply, '--auto-approve']);
  lock.value.release();
  expect(exit).toBe(6);
  expect(err).toMatch(
    new RegExp(
      `^holdfast: this host is locked by holdfast \\(process ${process.pid}, since .*\\d\\d:\\d\\d\\); --lock-timeout SECONDS waits for it\\n$`,
    ),
  );
});

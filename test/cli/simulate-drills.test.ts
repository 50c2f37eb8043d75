import { expect, it } from 'vitest';
import { Cli } from './cli.ts';
import { observation, policyText } from './fixture.ts';

it('simulates a policy that asks for checks and drills as if it did not, also where the observed host makes drills', async () => {
  using cli = new Cli();
  cli.write('policy.yaml', policyText);
  cli.write('observed.json', observation());
  const args = ['simulate', '--observed', 'observed.json', '--for', '20d'];
  const without = await cli.run(args);
  const defaults = 'defaults: { drill: { every: 1d }, verify: { every: 1d },';
  const asking = policyText.replace('defaults: {', defaults);
  expect(asking).toContain(defaults);
  cli.write('policy.yaml', asking);
  const memory = { memoryLimitBytes: 2 ** 30, availableMemoryBytes: 2 ** 30 };
  cli.write('observed.json', {
    ...observation(),
    drills: { ...memory, network: null, scripts: [] },
  });
  const ran = await cli.run(args);
  expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' });
  expect(ran.out).toBe(without.out);
  expect(ran.out).not.toBe('');
}, 120_000);

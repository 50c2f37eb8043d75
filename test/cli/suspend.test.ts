import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Cli } from './cli.ts';

const start = (cli: Cli): readonly string[] => [
  '--host-config',
  cli.write('host.yaml', `stateDir: ${cli.dir}/state\n`),
];

it('suspends and resumes a domain, and the host', async () => {
  using cli = new Cli();
  const flags = start(cli);
  const moved = ['suspend', 'domain/db1', '--reason', 'moved', '--until', '4h'];
  const suspended = await cli.run([...flags, ...moved]);
  expect(suspended.err).toBe('');
  expect(suspended.out).toMatch(/^suspended domain\/db1 until \S+Z\n$/);
  await cli.run([...flags, 'suspend', '--all', '--reason', 'x', '--until', '2126-01-01 00:00Z']);
  const written = (): unknown =>
    JSON.parse(readFileSync(join(cli.dir, 'state', 'suspended.json'), 'utf8'));
  expect(written()).toMatchObject({
    suspended: [
      { address: 'domain/db1', reason: 'moved' },
      { address: 'host', reason: 'x', until: '2126-01-01T00:00:00.000Z' },
    ],
  });
  expect((await cli.run([...flags, 'resume', 'domain/db1'])).out).toBe('resumed domain/db1\n');
  expect(written()).toMatchObject({
    suspended: [{ address: 'host' }],
    resumed: [{ address: 'domain/db1' }],
  });
  expect((await cli.run([...flags, 'resume', '--all'])).exit).toBe(0);
  expect(written()).toMatchObject({ suspended: [], resumed: [{ address: 'host' }] });
});

it.each([
  [
    ['suspend', 'db1/x', '--reason', 'x', '--until', '1h'],
    'db1/x: write a domain, as in domain/web01',
  ],
  [['suspend', '--reason', 'x', '--until', '1h'], 'write a domain, as in domain/web01, or --all'],
  [
    ['suspend', 'domain/a', '--all', '--reason', 'x', '--until', '1h'],
    'write a domain, as in domain/web01, or --all',
  ],
  [['suspend', '--all', '--reason', ' ', '--until', '1h'], '--reason says why; it cannot be empty'],
  [
    ['suspend', '--all', '--reason', 'x', '--until', '2020-01-01'],
    '--until 2020-01-01 is over already',
  ],
  [['suspend', '--all', '--until', '1h'], "required option '--reason <text>' not specified"],
  [['resume'], 'write a domain, as in domain/web01, or --all'],
])('%j is refused', async (args, message) => {
  using cli = new Cli();
  const { exit, err } = await cli.run([...start(cli), ...args]);
  expect([exit, err]).toEqual([64, `holdfast: ${message}\n`]);
});

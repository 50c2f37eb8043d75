import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { Cli } from './cli.ts';
import { observation, policyText } from './fixture.ts';

const goldens = join(import.meta.dirname, 'simulate');

/** Compares a whole output with its file; `UPDATE=1` writes it. */
function expectGolden(name: string, text: string): void {
  const file = join(goldens, name);
  if (process.env['UPDATE'] === '1') {
    mkdirSync(goldens, { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}

const policy = `version: 1
timezone: Europe/Berlin
stores:
  main: { path: /backups, trash: { keepFor: 72h } }
schedules:
  nightly: { cron: "30 2 * * *", jitter: 10m }
  hourly: "15 * * * *"
retention:
  standard: { chain: { maxPoints: 14 }, keep: { last: 7, daily: 14 } }
  recent: { chain: { maxPoints: 24 }, keep: { last: 48 } }
defaults: { store: main, schedule: nightly, retention: standard, rpo: 24h }
domains:
  - name: db1
    schedule: hourly
    retention: recent
    rpo: 2h
  - match: "*"
`;

const nightlyPolicy = `version: 1
timezone: America/New_York
stores: { main: { path: /backups }, large: { path: /large } }
schedules: { nightly: "30 1 * * *" }
retention:
  gfs: { chain: { maxPoints: 14 }, keep: { last: 7, daily: 14, weekly: 8, monthly: 12 }, minPoints: 2 }
defaults: { store: main, schedule: nightly, retention: gfs, rpo: 26h }
domains:
  - { name: mail01, store: large }
  - match: "*"
`;

const nothing = ['simulate', '--from', 'nothing', '--start', '2026-03-20'];

/** A directory with the policies and the observation. */
function prepared(): Cli {
  const cli = new Cli();
  cli.write('policy.yaml', policy);
  cli.write('longer.yaml', policy.replace('daily: 14', 'daily: 30, monthly: 3'));
  cli.write('host-policy.yaml', policyText);
  cli.write('observed.json', observation());
  return cli;
}

const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true });
const isSimulation = ajv.compile(
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../schema/simulation.v1.schema.json'), 'utf8'),
  ) as object,
);

// Seconds of a quiet machine are minutes of a busy one.
describe('simulate', { timeout: 120_000 }, () => {
  it('tells forty days of a policy alone, through a night on which clocks change', async () => {
    using cli = prepared();
    const ran = await cli.run([...nothing, '--for', '40d'], { columns: 80 });
    expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' });
    expectGolden('forty-days.txt', ran.out);
    for (const line of ran.out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('lists every backup and deletion', async () => {
    using cli = prepared();
    const ran = await cli.run([...nothing, '--for', '16d', '--every-day', '--disk', '8GiB']);
    expect(ran.exit).toBe(0);
    expectGolden('every-day.txt', ran.out);
  });

  it('tells two years in months', async () => {
    using cli = prepared();
    cli.write('policy.yaml', nightlyPolicy);
    const args = [...nothing, '--for', '2y', '--growth', '10%', '--change', '1.5%'];
    const ran = await cli.run(args, { columns: 140 });
    expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' });
    expectGolden('two-years.txt', ran.out);
  });

  it('begins with an observation, and says so', async () => {
    using cli = prepared();
    const args = ['--policy', 'host-policy.yaml', 'simulate', '--observed', 'observed.json'];
    const ran = await cli.run([...args, '--for', '90d'], { columns: 80 });
    expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' });
    expectGolden('observed.txt', ran.out);
  });

  it('compares two policies', async () => {
    using cli = prepared();
    const args = [...nothing, '--for', '120d', '--compare', 'longer.yaml', '--count', '2'];
    const ran = await cli.run(args, { columns: 80 });
    expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' });
    expectGolden('compare.txt', ran.out);
    const same = await cli.run([...nothing, '--for', '20d', '--compare', 'policy.yaml']);
    expect(same.out).toContain('\nNo difference: both policies do the same in this time.\n');
  });

  it('writes the plot as SVG, the same bytes each time', async () => {
    using cli = prepared();
    const args = [...nothing, '--for', '120d', '--compare', 'longer.yaml'];
    expect((await cli.run([...args, '--svg', 'a.svg'])).exit).toBe(0);
    expect((await cli.run([...args, '--svg', 'b.svg'])).exit).toBe(0);
    const svg = readFileSync(join(cli.dir, 'a.svg'), 'utf8');
    expect(readFileSync(join(cli.dir, 'b.svg'), 'utf8')).toBe(svg);
    expectGolden('compare.svg', svg);
  });

  it('prints JSON that its schema describes, with the same figures', async () => {
    using cli = prepared();
    const ran = await cli.run(['--json', ...nothing, '--for', '40d', '--every-day']);
    const report = JSON.parse(ran.out) as {
      readonly totals: { readonly fulls: number; readonly increments: number };
      readonly days: readonly { readonly fulls: number }[];
      readonly events: readonly { readonly kind: string; readonly level: string }[];
    };
    expect(isSimulation(report), JSON.stringify(isSimulation.errors)).toBe(true);
    const fulls = report.events.filter(({ level }) => level === 'full').length;
    expect(fulls).toBe(report.totals.fulls);
    expect(report.days.reduce((sum, day) => sum + day.fulls, 0)).toBe(fulls);
    expect(fulls).toBeGreaterThan(10);
    const args = [...nothing, '--for', '40d', '--compare', 'longer.yaml'];
    const compared: unknown = JSON.parse((await cli.run(['--json', ...args])).out);
    expect(isSimulation(compared), JSON.stringify(isSimulation.errors)).toBe(true);
    expect(isSimulation({ ...report, days: 1 })).toBe(false);
  });
});

describe('what simulate refuses', { timeout: 120_000 }, () => {
  it.each([
    [
      ['--for', '3 months'],
      64,
      "holdfast: option '--for <span>' argument '3 months' is invalid. Write days, weeks or years, as in 90d, 52w or 10y; at most 50y.\n",
    ],
    [
      ['--change', '2'],
      64,
      "holdfast: option '--change <percent>' argument '2' is invalid. Write per cent, as in 2% or 0.5%.\n",
    ],
    [
      ['--disk', 'big'],
      64,
      "holdfast: option '--disk <size>' argument 'big' is invalid. Write a size, as in 20GiB or 500MB.\n",
    ],
    [['--every-dya'], 64, "holdfast: unknown option '--every-dya'\n(Did you mean --every-day?)\n"],
    [
      ['--from', 'nothing', '--observed', 'observed.json'],
      64,
      'holdfast: --observed FILE and --from nothing exclude each other\n',
    ],
    [
      ['--observed', 'observed.json', '--start', '2020-01-01'],
      64,
      'holdfast: --start 2020-01-01 is earlier than the observation (2026-11-22T09:30:02.000Z): what was there then is not known\n',
    ],
    [
      ['--from', 'nothing', '--for', '2d', '--svg', 'no/such.svg'],
      1,
      'holdfast: no/such.svg was not written: there is no directory DIR/no; make it, or choose another place\n',
    ],
    [
      ['--from', 'nothing', '--start', 'tomorrow'],
      64,
      'holdfast: tomorrow is no time: write 2026-11-22 10:30, or 2026-11-22T09:30:00Z\n',
    ],
  ])('%j', async (args, exit, err) => {
    using cli = prepared();
    expect(await cli.run(['simulate', ...args])).toEqual({ exit, out: '', err });
  });

  it('a policy that selects nothing that was observed, in JSON too', async () => {
    using cli = prepared();
    cli.write('other.yaml', policy.replace('match: "*"', 'name: other').replace('db1', 'db9'));
    const args = ['--json', '--policy', 'other.yaml', 'simulate', '--observed', 'observed.json'];
    const message =
      'other.yaml selects no domain that was observed; --from nothing simulates the policy alone';
    expect(await cli.run(args)).toEqual({
      exit: 3,
      out: `{"formatVersion":1,"kind":"error","code":"no-domains","message":"${message}","exit":3}\n`,
      err: `holdfast: ${message}\n`,
    });
  });

  it('a host of which libvirt was not seen', async () => {
    using cli = prepared();
    const failure = { code: 'libvirt-down', message: 'libvirtd does not answer' };
    cli.write('observed.json', { ...observation(), hypervisor: { seen: false, failure } });
    const ran = await cli.run(['simulate', '--observed', 'observed.json']);
    expect(ran).toEqual({ exit: 9, out: '', err: 'holdfast: libvirtd does not answer\n' });
  });
});

it('supposes that every copy arrives at its mirror, and says so', async () => {
  using cli = prepared();
  const mirrored = policy
    .replace(
      'defaults:',
      'mirrors: { nas: { type: rsync, target: /nas, retention: recent } }\ndefaults:',
    )
    .replace('rpo: 24h }', 'rpo: 24h, mirrors: [nas] }');
  cli.write('mirrored.yaml', mirrored);
  const [without, with_] = [
    await cli.run([...nothing, '--for', '20d', '--json']),
    await cli.run([...nothing, '--for', '20d', '--json', '--policy', 'mirrored.yaml']),
  ];
  expect([without.exit, with_.exit], with_.err).toEqual([0, 0]);
  const [plain, copied] = [without, with_].map(
    ({ out }) => JSON.parse(out) as { remarks: string[]; domains: { place: unknown }[] },
  );
  expect(copied?.remarks).toEqual(['mirrors are left out: every copy is taken to arrive at once']);
  expect(plain?.remarks).toEqual([]);
  // Only the lines of the policy are others.
  const place = null;
  expect(plain?.domains.length).toBeGreaterThan(0);
  expect(copied?.domains.map((one) => ({ ...one, place }))).toEqual(
    plain?.domains.map((one) => ({ ...one, place })),
  );
});

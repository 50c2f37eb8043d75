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

const withMirrors = (far: string): string =>
  policy
    .replace(
      'defaults:',
      `  far: { keep: ${far} }
mirrors:
  nas: { type: rsync, target: /nas, retention: far, trash: { keepFor: 48h } }
  vault: { type: rclone, target: "s3:vault", retention: recent, deletes: never, schedule: "0 6 * * 6" }
defaults:`,
    )
    .replace('rpo: 24h }', 'rpo: 24h, mirrors: [nas] }')
    .replace('rpo: 2h', 'rpo: 2h\n    mirrors: [nas, vault]');

/** A directory with policies that have mirrors. */
function mirrored(): Cli {
  const cli = prepared();
  cli.write('mirrored.yaml', withMirrors('{ daily: 10 }'));
  cli.write('far.yaml', withMirrors('{ daily: 20 }'));
  return cli;
}

describe('mirrors', { timeout: 120_000 }, () => {
  const args = [...nothing, '--for', '40d', '--policy', 'mirrored.yaml'];

  it('are told with their storage, their deletions and a curve each', async () => {
    using cli = mirrored();
    const ran = await cli.run(args, { columns: 80 });
    expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' });
    expectGolden('mirrored.txt', ran.out);
    for (const line of ran.out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('are compared', async () => {
    using cli = mirrored();
    const ran = await cli.run([...args, '--compare', 'far.yaml', '--svg', 'a.svg'], {
      columns: 80,
    });
    expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' });
    expectGolden('mirrored-compare.txt', ran.out);
    expectGolden('mirrored.svg', readFileSync(join(cli.dir, 'a.svg'), 'utf8'));
    const alone = await cli.run([...args, '--compare', 'policy.yaml', '--json']);
    const compared = JSON.parse(alone.out) as {
      readonly mirrors: readonly { readonly name: string }[];
    };
    expect(isSimulation(compared), JSON.stringify(isSimulation.errors)).toBe(true);
    expect(compared.mirrors.map(({ name }) => name)).toEqual(['nas', 'vault']);
  });

  it('are in the JSON, with every copy, and change nothing of what is taken here', async () => {
    using cli = mirrored();
    interface Report {
      readonly totals: { readonly fulls: number; readonly increments: number };
      readonly mirrors: readonly {
        readonly name: string;
        readonly copiedPoints: number;
        readonly deletedPoints: number;
        readonly points: number;
        readonly days: readonly { readonly points: number }[];
      }[];
      readonly events: readonly { readonly kind: string; readonly mirror: string | null }[];
    }
    const report = JSON.parse((await cli.run([...args, '--json', '--every-day'])).out) as Report;
    expect(isSimulation(report), JSON.stringify(isSimulation.errors)).toBe(true);
    const plain = JSON.parse((await cli.run([...nothing, '--for', '40d', '--json'])).out) as Report;
    expect(plain.mirrors).toEqual([]);
    expect([report.totals.fulls, report.totals.increments]).toEqual([
      plain.totals.fulls,
      plain.totals.increments,
    ]);
    expect(report.mirrors.map(({ name }) => name)).toEqual(['nas', 'vault']);
    for (const { name, copiedPoints, deletedPoints, points, days } of report.mirrors) {
      const copies = report.events.filter(({ kind, mirror }) => kind === 'copy' && mirror === name);
      expect(copies).toHaveLength(copiedPoints);
      expect(points).toBe(copiedPoints - deletedPoints);
      expect(days.at(-1)?.points).toBe(points);
      expect(deletedPoints > 0).toBe(name === 'nas');
    }
  });

  it('that were not seen are left out, and one that nobody looked at begins empty', async () => {
    using cli = mirrored();
    const seen = observation();
    const failure = { code: 'mirror-unreachable', message: 'no route to nas' };
    const mirrors = [{ name: 'nas', stores: [{ store: 'main', state: { seen: false, failure } }] }];
    cli.write('observed.json', { ...seen, mirrors });
    cli.write(
      'both.yaml',
      policyText
        .replace(
          'defaults:',
          'mirrors: { nas: { type: rsync, target: /nas }, usb: { type: rsync, target: /usb } }\ndefaults:',
        )
        .replace('store: main,', 'store: main, mirrors: [nas, usb],'),
    );
    const asked = 'simulate --observed observed.json --for 10d --json --policy both.yaml';
    const ran = await cli.run(asked.split(' '));
    expect(ran.exit, ran.err).toBe(0);
    const report = JSON.parse(ran.out) as {
      readonly remarks: readonly string[];
      readonly mirrors: readonly { readonly name: string; readonly points: number }[];
    };
    expect(report.remarks).toContain(
      'mirror nas is left out: it could not be seen: no route to nas',
    );
    expect(report.remarks).toContain('mirror usb was not observed: it begins empty');
    expect(report.mirrors.map(({ name, points }) => [name, points > 0])).toEqual([['usb', true]]);
  });
});

import { describe, expect, it } from 'vitest';
import { guardedTerminal } from '../../src/cli/terminal.ts';
import { mustBePlain } from '../fuzz/target.ts';
import { domain } from '../planner/build-domain.ts';
import { Cli } from './cli.ts';
import { observation, policyText } from './fixture.ts';

const hostile = [
  'a\nPlan: 0 to delete.',
  '\u001B[2J\u001B[1;1Hx',
  '\u009B31mx',
  '\u001B]0;title\u0007x',
  'x\r\u202Egpj.exe\u2066',
  'a\u2028b\u0085c\u007Fd\u200Be\uFEFF',
  '$(id)`id`;x',
  '-oProxyCommand=x',
  // Not a path that is there: commands are given these names as files, and some of them write.
  '../../nowhere/passwd',
  '</code><script>alert(1)</script>&amp;|*_',
];

/** The observation with one domain, and one part that was not seen, of a hostile name. */
function observed(name: string): object {
  const base = observation();
  const { hypervisor } = base;
  if (!hypervisor.seen) throw new Error('no domains');
  const domains = [...hypervisor.value.domains, domain(9, name)];
  return {
    ...base,
    hypervisor: { seen: true, value: { ...hypervisor.value, domains } },
    stores: [
      ...base.stores,
      {
        name: 'other',
        path: `/${name}`,
        state: { kind: 'unseen', failure: { code: 'x', message: name } },
      },
    ],
  };
}

describe.each(hostile)('the name %j', (name) => {
  it('is printed by no command in a form that could do anything', async () => {
    using cli = new Cli();
    const policy = cli.write('policy.yaml', policyText.replace('ignore: ["scratch-*"]', ''));
    const file = cli.write('observed.json', observed(name));
    const host = cli.write('host.yaml', 'version: 1\nstateDir: /nowhere\n');
    const all = ['--policy', policy, '--host-config', host];
    const plan = [...all, 'plan', '--observed', file];
    const outputs: string[] = [];
    const lines: number[] = [];
    for (const args of [
      plan,
      [...plan, '--verbose'],
      [...plan, '--format', 'markdown'],
      [...plan, '--json'],
      [...plan, '--target', name],
      [...plan, '--target', `domain/${name}/x/y`],
      [...plan, '--now', name, '--note', name],
      [...plan, '--allow', name],
      [...all, 'validate', name],
      [...all, 'fmt', name],
      [...all, 'explain', name],
      [...all, 'show', name],
      [...all, 'help', name],
      [...all, name],
      [...all, `--${name}`],
      [...all, '--color', name],
      ['--policy', name, '--host-config', host, 'plan', '--observed', file],
      ['--host-config', name, 'plan'],
      [...all, '--json', 'explain', name],
      [...all, 'apply', name],
    ]) {
      const { out, err } = await cli.run(args);
      outputs.push(out, err);
      lines.push(err.split('\n').filter((line) => line.startsWith('holdfast: ')).length);
      expect(err, args.join(' ')).not.toMatch(/^Plan: 0 to delete/m);
      mustBePlain(out, `standard output of ${args.slice(4).join(' ')}`);
      mustBePlain(err, `standard error of ${args.slice(4).join(' ')}`);
    }
    expect(outputs.join('').length).toBeGreaterThan(5000);
    // One complaint each, whatever newlines the name has.
    expect(Math.max(...lines)).toBe(1);
  });

  it('is in JSON what it was', async () => {
    using cli = new Cli();
    const policy = cli.write('policy.yaml', policyText);
    const file = cli.write('observed.json', observed(name));
    const { out } = await cli.run(['--policy', policy, 'plan', '--observed', file, '--json']);
    const plan = JSON.parse(out) as { domains: { domain: { name: string } }[] };
    expect(plan.domains.map((one) => one.domain.name)).toContain(name);
  });
});

/** What reaches a terminal of a text. */
function written(text: string, isTty: boolean): string {
  let out = '';
  using cli = new Cli();
  const terminal = guardedTerminal(
    {
      out: (part) => void (out += part),
      err: () => undefined,
      outIsTty: isTty,
      errIsTty: false,
      inIsTty: false,
      columns: null,
      errColumns: null,
      env: {},
      cwd: cli.dir,
      readInput: async () => '',
      ask: async () => '',
    },
    undefined,
  );
  terminal.out(text);
  return out;
}

describe('a guarded terminal', () => {
  it('lets our own sequences pass where they are understood', () => {
    const bars = '\u001B[3A\u001B[Jbars\n';
    const screen = '\u001B[2J\u001B[Hstatus \u001B[31mred\u001B[39m\n';
    expect(written(bars, true)).toBe(bars);
    expect(written(screen, true)).toBe(screen);
    expect(written(`x${screen}`, true)).toBe(
      'x\\u001b[2J\\u001b[Hstatus \u001B[31mred\u001B[39m\n',
    );
  });

  it('lets none pass elsewhere', () => {
    expect(written('\u001B[2J\u001B[H\u001B[31mx\u001B[0m', false)).toBe(
      '\\u001b[2J\\u001b[H\\u001b[31mx\\u001b[0m',
    );
  });
});

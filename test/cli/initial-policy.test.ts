import { describe, expect, it } from 'vitest';
import { initialPolicy, type InitFacts } from '../../src/cli/initial-policy.ts';
import type { ObservedDomain } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { readPolicy } from '../../src/policy/read-policy.ts';
import { resolvePolicy } from '../../src/policy/resolve-policy.ts';
import { disk, domain, off } from '../planner/build-domain.ts';
import { request } from '../planner/build-policy.ts';
import { mainStore, observedState } from '../planner/build.ts';
import { Cli } from './cli.ts';

const facts = (domains: readonly ObservedDomain[]): InitFacts => ({
  host: 'kvm01',
  timezone: 'Europe/Berlin',
  schema: null,
  store: { path: '/backups', state: 'blank' },
  domains,
});

/** Reads a policy's text; fails with its mistakes. */
function read(text: string) {
  const policy = readPolicy('policy.yaml', { read: () => ({ ok: true, value: text }) });
  if (!policy.ok) throw new Error(policy.error.map(({ summary }) => summary).join('\n'));
  return policy.value;
}

const refused = (file: string) => ({
  exit: 1,
  out: '',
  err: `holdfast: ${file} is there already and is not overwritten: give --out another name\n`,
});

it('is written to --out, else where the policy is looked for, and never over a file', async () => {
  using cli = new Cli();
  for (const name of ['policy.yaml', 'mine.yaml', 'hosts.yaml', 'out.yaml']) cli.write(name, '');
  cli.write('host.yaml', `policy: ${cli.dir}/hosts.yaml\n`);
  const host = ['--host-config', 'host.yaml'];
  expect(await cli.run(['init'])).toEqual(refused('policy.yaml'));
  expect(await cli.run(['init', ...host])).toEqual(refused('DIR/hosts.yaml'));
  expect(await cli.run(['init', ...host, '--policy', 'mine.yaml'])).toEqual(refused('mine.yaml'));
  expect(await cli.run(['init', '--store', '/etc', '--out', 'new.yaml'])).toEqual({
    exit: 64,
    out: '',
    err: 'holdfast: --store: /etc belongs to the operating system and can be no store\n',
  });
  const both = ['--policy', 'mine.yaml', '--out', 'out.yaml'];
  expect(await cli.run(['init', ...both])).toEqual(refused('out.yaml'));
});

describe('the first policy', () => {
  it('says what was seen of each domain', () => {
    const raw = {
      ...domain(2, 'db1'),
      agent: 'none' as const,
      disks: [disk('db1', 'vda', 2, { format: 'raw' })],
    };
    expect(initialPolicy(facts([off(domain(1, 'web01')), raw])).split('\ndomains:\n')[1]).toBe(
      `  # An exact name beats a pattern; of the patterns the first that matches wins.
  # running; vda raw 20 GiB; no guest agent
  - name: db1
    # A raw disk cannot be tracked: each of its points is a full.
  # off; vda qcow2 20 GiB; no guest agent
  - name: web01
  # Every other domain, and every one to come:
  - match: "*"

# Deliberately not backed up; any other domain without a rule is reported:
# ignore: ["scratch-*"]
`,
    );
  });

  it('covers domains of any name, without a warning', () => {
    const names = ['7', 'yes', '*a', 'a: b', 'd"q', "it's", 'ünï', '-x', '#no', 'null', 'web 01'];
    const domains = names.map((name, index) => domain(index + 1, name));
    const policy = read(initialPolicy(facts(domains)));
    expect(policy.warnings).toEqual([]);
    const desired = resolvePolicy(policy, domains, { branch: null, commit: null });
    expect(desired.domains.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(desired.domains.every(({ place }) => place.line > 25)).toBe(true);
  });

  it('plans without a guard: snapshots are not tracked, encrypted disks are left out', () => {
    const locked = { ...domain(2, 'vault'), disks: [disk('vault', 'vda', 2, { encrypted: true })] };
    const snapped = { ...domain(3, 'snap'), internalSnapshots: ['before'] };
    const domains = [domain(1, 'web01'), locked, snapped];
    const desired = resolvePolicy(read(initialPolicy(facts(domains))), domains, {
      branch: null,
      commit: null,
    });
    expect(desired.ignored.map(({ name }) => name)).toEqual(['vault']);
    expect(desired.domains.find(({ name }) => name === 'snap')?.tracker).toBe('never');
    const blank = {
      kind: 'blank',
      freeBytes: 2 ** 40,
      totalBytes: 2 ** 41,
      mount: { device: 1, source: '/dev/sdb1' },
      knownId: null,
    } as const;
    const observed = observedState(domains, [mainStore(blank)], {
      scratch: seen({ path: '/scratch', freeBytes: 2 ** 36, limitBytes: null }),
    });
    const plan = planPolicy(desired, observed, request());
    expect(plan.guards).toEqual([]);
    expect(plan.actions.map(({ kind, blockedBy }) => [kind, blockedBy])).toEqual([
      ['create-store', []],
      ['backup', []],
      ['backup', []],
    ]);
  });
});

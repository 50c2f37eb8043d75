import { describe, expect, it } from 'vitest';
import { misaddressed, requestOf } from '../../src/cli/plan-options.ts';
import { Cli } from './cli.ts';
import { observation, policyText } from './fixture.ts';

describe('requestOf', () => {
  it('asks for nothing by default', () => {
    expect(requestOf({})).toEqual({
      ok: true,
      value: { targets: null, now: [], allow: [], unattended: false },
    });
  });

  it('writes addresses in their usual form', () => {
    const options = {
      target: ['web01', 'domain/db%2F1'],
      now: ['web01'],
      full: true,
      note: 'before the upgrade',
      hold: true,
      allow: ['G201=domain/web01'],
    };
    expect(requestOf(options)).toEqual({
      ok: true,
      value: {
        targets: ['domain/web01', 'domain/db%2F1'],
        now: [
          {
            address: 'domain/web01',
            full: true,
            note: 'before the upgrade',
            hold: 'before the upgrade',
          },
        ],
        allow: [{ code: 'G201', scope: 'domain/web01' }],
        unattended: false,
      },
    });
  });

  it.each([
    [
      { target: ['nas:domain/web01'] },
      '--target nas:domain/web01: write a domain, as in domain/web01',
    ],
    [{ now: ['domain/web01/2026'] }, '--now domain/web01/2026: write a domain, as in domain/web01'],
    [{ full: true }, '--full says how with --now ADDR'],
    [{ allow: ['G201'] }, '--allow G201: write CODE=SCOPE, as in G201=domain/web01'],
    [{ allow: ['G999=domain/web01'] }, '--allow G999=domain/web01: there is no guard G999'],
    [
      { allow: ['G205=domain/web01'] },
      '--allow G205=domain/web01: G205 has no override; holdfast explain G205 says why',
    ],
  ])('refuses %j', (options, message) => {
    expect(requestOf(options)).toMatchObject({ ok: false, error: { exit: 64, message } });
  });
});

describe('a domain that was asked for by a wrong name', () => {
  it.each([
    [
      'plan',
      '--now',
      'wbe01',
      'domain/wbe01: neither the policy, nor this host, nor a store knows it; did you mean domain/web01?',
    ],
    [
      'plan',
      '--target',
      'mail',
      'domain/mail: neither the policy, nor this host, nor a store knows it; see holdfast status',
    ],
    [
      'plan',
      '--now',
      'old01',
      'domain/old01: no rule of the policy selects it, so no point can be taken; add it under domains:',
    ],
  ])('%s %s %s exits 64', async (command, option, name, message) => {
    using cli = new Cli();
    cli.write('policy.yaml', policyText);
    cli.write('observed.json', observation());
    const ran = await cli.run([command, '--observed', 'observed.json', option, name]);
    expect(ran).toEqual({ exit: 64, out: '', err: `holdfast: ${message}\n` });
  });

  it('may be there all the same where not everything was seen', () => {
    const notes = [
      { code: 'no-such-address', address: 'domain/web01', severity: 'warning', place: null },
    ] as const;
    expect(misaddressed({ incomplete: true, notes, domains: [] })).toBeNull();
    expect(misaddressed({ incomplete: false, notes, domains: [] })).toMatchObject({ exit: 64 });
  });
});

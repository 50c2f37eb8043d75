import { describe, expect, it } from 'vitest';
import { requestOf } from '../../src/cli/plan-options.ts';

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
  ])('refuses %j', (options, message) => {
    expect(requestOf(options)).toMatchObject({ ok: false, error: { exit: 64, message } });
  });
});

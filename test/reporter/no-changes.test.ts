import { describe, expect, it } from 'vitest';
import { renderPlan } from '../../src/reporter/plan.ts';
import { domainRef, mail01, placeAt, planWith, verdict, web01 } from './sample-plan.ts';

const plain = { color: false, width: null, verbose: false, planFile: 'plan.json' };

describe('a plan with nothing to do', () => {
  const next = { nextDueAt: '2026-11-22T09:42:02.000Z' };

  it('is one line', () => {
    const domains = [
      verdict(web01, 'up-to-date', { nextDueAt: '2026-11-23T01:00:00.000Z' }),
      verdict(mail01, 'up-to-date', next),
      verdict(domainRef(9, 'scratch'), 'ignored', { place: placeAt(3) }),
    ];
    expect(renderPlan(planWith({ domains }), plain)).toBe(
      'No changes. kvm01 matches policy.yaml; next due: mail01 in 12m.\n',
    );
  });

  it('tells of domains that nobody covers', () => {
    const domains = [verdict(web01, 'unmanaged'), verdict(mail01, 'up-to-date', next)];
    expect(renderPlan(planWith({ domains }), plain)).toBe(
      'No changes. kvm01 matches policy.yaml; next due: mail01 in 12m. 1 domain not in policy.yaml: kept, unmanaged.\n',
    );
  });

  it('does not call a match what cannot be done now', () => {
    const reasons = [{ code: 'block-job', facts: { disks: 'vda' } }];
    const domains = [
      verdict(web01, 'waiting', { reasons, nextDueAt: '2026-11-23T01:00:00.000Z' }),
      verdict(mail01, 'blocked', { reasons: [{ code: 'store-unknown' }] }),
    ];
    expect(renderPlan(planWith({ domains }), plain)).toBe(`\
left alone
  . domain/web01  waiting                               block job on vda
!   domain/mail01 blocked                               its store is not in the policy

No changes now: 1 domain blocked, 1 domain waiting; next due: web01 in 15h 29m.
`);
  });

  it('does not call a match what the policy names and the host has not', () => {
    const domains = [
      verdict(web01, 'gone', {
        reasons: [{ code: 'gone', facts: { chains: 1, bytes: 1024 } }],
        place: placeAt(21),
      }),
      verdict(domainRef(9, 'old01'), 'gone', { reasons: [{ code: 'gone' }], place: null }),
    ];
    expect(renderPlan(planWith({ domains }), plain)).toBe(`\
left alone
  . domain/web01 1 chain, 1 KiB                        not on this host any more: kept  policy.yaml:21

No changes now: 1 domain of the policy not on this host.
`);
  });

  it('does not call a match what a guard blocks', () => {
    const guard = { scope: 'policy', actions: [], overridable: false } as const;
    const facts = { rules: 1, domains: 1 };
    const guards = [{ ...guard, code: 'G105', effect: 'block', facts }] as const;
    const text = renderPlan(planWith({ guards }), plain);
    expect(text.split('\n').at(-2)).toBe('No changes now: blocked by G105.');
  });

  it('says why a part was not seen once, however many rows it makes', () => {
    const message = 'store main: /backups is not there';
    const part = { part: 'main', seen: false, message, chains: null, points: null };
    const reasons = [{ code: 'store-unseen', facts: { store: 'main', message } }];
    const domains = [verdict(web01, 'unseen', { reasons }), verdict(mail01, 'unseen', { reasons })];
    expect(renderPlan(planWith({ incomplete: true, observed: [part], domains }), plain)).toBe(`\
not seen  main: /backups is not there
left alone
!   domain/web01  not seen                              store main was not seen
!   domain/mail01 not seen                              store main was not seen

No changes to what was seen of kvm01. Not everything was seen: deletions are withheld.
`);
  });

  it('says first what was not seen and what waits', () => {
    const plan = planWith({
      incomplete: true,
      observed: [
        { part: 'libvirt', seen: true, message: null, chains: null, points: null },
        {
          part: 'main',
          seen: false,
          message: '/backups: Input/output error',
          chains: null,
          points: null,
        },
      ],
      guards: [
        {
          code: 'G151',
          scope: 'store/main',
          effect: 'withhold',
          actions: [],
          overridable: false,
          facts: { part: 'domain', message: '/backups: Input/output error' },
        },
      ],
      notes: [
        { code: 'only-told', address: 'host', severity: 'info', place: null },
        { code: 'odd', address: 'domain/web01', severity: 'warning', place: placeAt(21) },
      ],
      domains: [
        verdict(web01, 'waiting', {
          reasons: [{ code: 'foreign-job', facts: { operation: 'dump' } }],
          place: placeAt(21),
        }),
        verdict(mail01, 'up-to-date', next),
      ],
    });
    expect(renderPlan(plan, plain)).toBe(`\
not seen  main: /backups: Input/output error
left alone
  . domain/web01 waiting                               another program's job works on it: dump  policy.yaml:21
notes
  warning domain/web01: odd (policy.yaml:21)
guards
  withhold G151 store/main was not seen; deletions are withheld
        Make it visible again; nothing is lost meanwhile.

No changes to what was seen of kvm01; next due: mail01 in 12m. Not everything was seen: deletions are withheld.
`);
  });
});

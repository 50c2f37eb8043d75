import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { noteLines } from '../../src/reporter/plan-advice.ts';
import { planWords } from '../../src/reporter/plan-text.ts';
import { renderPlan } from '../../src/reporter/plan.ts';
import {
  backup,
  domainRef,
  mail01,
  placeAt,
  planWith,
  restoreInPlace,
  samplePlan,
  trash,
  verdict,
  web01,
} from './sample-plan.ts';

const plain = { color: false, width: null, verbose: false, planFile: 'plan.json' };

describe('a plan', () => {
  it('reads like the sample of the product page', () => {
    expect(renderPlan(samplePlan, plain)).toBe(`\
policy    policy.yaml at main 9f3c2b7 · 4 rules, 1 store, 1 mirror
observed  kvm01 2026-11-22 10:30:02+01:00 · libvirt ok · main ok (18 chains, 540 points) · nas ok

10 repair
  ~ domain/web01  drop checkpoint holdfast-…-0019       no published point uses it
20 backups
  > domain/mail01 full, about 48 GiB                    no restore point yet            policy.yaml:24
  > domain/web01  increment 0006 on 0005, 1.2 GiB       due 02:00, newest is 1d 8h old  policy.yaml:21
  > domain/db1    full, about 61 GiB                    tracker lost: domain crashed    policy.yaml:17
90 deletions      moved to trash, removed for good after 72h
! - domain/web01/20260601T02…-1f0e  30 points 38.2 GiB  kept by no rule (last 7 daily 14 monthly 12)

left alone
  . domain/old01  3 chains, 120 GiB                     not in policy.yaml: kept, unmanaged
    scratch-7     ignored                               policy.yaml:27
guards
  block G201 domain/web01 would lose 3 of 6 chains: 50 % > 30 %
        if intended: holdfast apply plan.json --allow G201=domain/web01

Plan: 3 to run, 1 to repair, 1 to delete (38.2 GiB, blocked); 38 unchanged.
`);
  });

  it('puts reason and place below where a terminal is narrow, and cuts nothing', () => {
    const text = renderPlan(samplePlan, { ...plain, width: 60 });
    expect(text).toContain(`\
  > domain/mail01 full, about 48 GiB
      no restore point yet  policy.yaml:24
  > domain/web01  increment 0006 on 0005, 1.2 GiB
      due 02:00, newest is 1d 8h old  policy.yaml:21
`);
    expect(text).toContain(`\
  block G201 domain/web01 would lose 3 of 6 chains: 50 % >
        30 %
`);
  });

  it('says the same in colour', () => {
    const colored = renderPlan(samplePlan, { ...plain, color: true });
    expect(colored).toContain('\u001B[31m! - \u001B[39mdomain/web01/');
    expect(stripVTControlCharacters(colored)).toBe(renderPlan(samplePlan, plain));
  });

  it('names whole ids where short ones would be two of a kind', () => {
    const plan = planWith({
      actions: [
        trash(web01, '20260601T020000Z-1f0e', {}),
        trash(web01, '20260601T020500Z-1f0e', { id: 'other' }),
        trash(web01, '20260602T020000Z-aaaa', { id: 'third', points: [] }),
      ],
    });
    const text = renderPlan(plan, plain);
    expect(text).toContain(`\
  - domain/web01/20260601T020000Z-1f0e  30 points 38.2 GiB  kept by no rule (last 7 daily 14 monthly 12)
  - domain/web01/20260601T020500Z-1f0e  30 points 38.2 GiB  kept by no rule (last 7 daily 14 monthly 12)
  - domain/web01/20260602T02…-aaaa      0 points 38.2 GiB   kept by no rule (last 7 daily 14 monthly 12)
`);
    expect(text).toContain('Plan: 3 to delete (115 GiB).');
  });

  it('shows all details when asked', () => {
    const plan = planWith({
      request: {
        targets: ['domain/mail01'],
        now: [{ address: 'domain/mail01', full: true, note: 'before 5.0', hold: 'upgrade' }],
        allow: [{ code: 'G407', scope: 'store/main' }],
        unattended: false,
      },
      actions: [
        backup(mail01, {
          place: placeAt(24),
          reasons: [{ code: 'asked' }, { code: 'asked-full' }],
          dependsOn: ['drop-checkpoint:main:x'],
          hold: 'upgrade',
          note: 'before 5.0',
          blockedBy: ['G407'],
          excluded: [{ target: 'sda', code: 'cdrom' }],
          disks: [
            {
              target: 'vda',
              level: 'full',
              base: null,
              reasons: [{ code: 'raw', facts: { disk: 'vda' } }],
              source: {
                kind: 'file',
                path: '/images/mail01.raw',
                device: 1,
                inode: 2,
                stableId: null,
                format: 'raw',
                serial: null,
              },
              sizeBytes: 1024 ** 3,
              tracked: false,
              file: 'vda.qcow2',
              backing: null,
              estimateBytes: 700 * 1024 ** 2,
            },
          ],
        }),
      ],
    });
    expect(renderPlan(plan, { ...plain, verbose: true })).toBe(`\
policy    policy.yaml at main 9f3c2b7 · 4 rules, 1 store, 1 mirror
observed  kvm01 2026-11-22 10:30:02+01:00 · libvirt ok · main ok (18 chains, 540 points) · nas ok
asked     only domain/mail01; no deletions · a full of domain/mail01 now (note "before 5.0", held) · allowed G407=store/main

20 backups
! > domain/mail01 full, size not known                  asked; a full was asked for  policy.yaml:24
      vda full, 700 MiB: raw vda: no tracker possible
      sda left out: a CD-ROM
      power running, quiesce try, verify structure
      chain 20261122T093002Z-4f7a, point 20261122T093002Z-9c1e, store main
      held: upgrade
      note: before 5.0
      blocked by G407
      after drop-checkpoint:main:x
      id backup:main:00000000-0000-4000-8000-000000000001

Plan: 1 to run (blocked).
`);
  });

  it('says everything that a restore will do', () => {
    const plan = planWith({ purpose: 'restore', actions: [restoreInPlace] });
    expect(renderPlan(plan, plain)).toBe(`\
policy    policy.yaml at main 9f3c2b7 · 4 rules, 1 store, 1 mirror
observed  kvm01 2026-11-22 10:30:02+01:00 · libvirt ok · main ok (18 chains, 540 points) · nas ok
asked     a restore, beside the policy

40 restore
  > domain/web01/20261101T02…-88c1/0005  in place, over what is there, 1 disk, 12 GiB  asked: the point of 2026-11-21 02:00
      powers the domain off first
      vda to /var/lib/libvirt/images/web01.qcow2, 20 GiB, qcow2
        what is there is kept as /var/lib/libvirt/images/web01.qcow2.before-restore-20261122T093002Z
      defines web01 (00000000-0000-4000-8000-000000000002), same MAC addresses, and starts it
      closes chain 20261101T020000Z-88c1: the next point is a full

Plan: 1 to restore.
`);
  });
});

describe('left alone', () => {
  it('puts domains that one line ignores into one row, but with all details', () => {
    const domains = ['scratch-1', 'scratch-2', 'scratch-3'].map((name, index) =>
      verdict(domainRef(50 + index, name), 'ignored', { place: placeAt(27) }),
    );
    const plan = planWith({ actions: [backup(mail01, {})], domains });
    expect(renderPlan(plan, plain)).toContain(
      'left alone\n    scratch-1 and 2 more ignored                               policy.yaml:27\n\n',
    );
    expect(renderPlan(plan, { ...plain, verbose: true }).match(/scratch-\d {2}/g)).toHaveLength(3);
  });

  it('shows a blocked domain only where no action of its own is shown', () => {
    const reasons = [{ code: 'plaintext-backup', facts: { disks: 'vda' } }];
    const plan = planWith({
      actions: [backup(mail01, { blockedBy: ['G407'] })],
      domains: [verdict(mail01, 'blocked', { reasons }), verdict(web01, 'blocked', { reasons })],
    });
    const text = renderPlan(plan, plain);
    expect(text).toContain('!   domain/web01  blocked    ');
    expect(text).toContain('encrypted disk vda would be stored in plain text');
    expect(text.match(/encrypted disk/g)).toHaveLength(1);
  });
});

it('puts warnings before other notes', () => {
  const plan = planWith({
    notes: [
      { code: 'first', address: 'host', severity: 'info', place: null },
      { code: 'second', address: 'host', severity: 'warning', place: null },
    ],
  });
  expect(noteLines(plan.notes, planWords(plan, false), plain)).toEqual([
    '  warning host: second',
    '  note host: first',
  ]);
});

it('quotes what people copy into a shell', () => {
  const plan = planWith({
    actions: [backup(mail01, { blockedBy: ['G407'] })],
    guards: [
      {
        code: 'G407',
        scope: "domain/$(reboot) 'x'",
        effect: 'block',
        actions: [],
        overridable: true,
        facts: { freeBytes: 1024, reserveBytes: 512, neededBytes: 4096 },
      },
    ],
  });
  expect(renderPlan(plan, { ...plain, planFile: null })).toContain(`\
  block G407 domain/$(reboot) 'x' has 1 KiB free (reserve 512 B), 4 KiB are needed
        if intended: holdfast apply --allow 'G407=domain/$(reboot) '\\''x'\\'''
`);
});

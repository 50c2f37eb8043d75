import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notificationsOf, notifyRun } from '../../src/cli/notify.ts';
import type { RunReport } from '../../src/executor/run-report.ts';
import { runId } from '../../src/model/identity.ts';
import { aPlan, backup, trash, uuid } from './a-plan.ts';
import { Cli } from './cli.ts';

const report: RunReport = {
  run: runId('20261122T020000Z-3a9f01bc'),
  plan: 'p',
  actions: [
    {
      id: backup.id,
      kind: 'backup',
      address: backup.address,
      outcome: { code: 'failed', failure: { code: 'scratch-full', message: 'scratch is full' } },
    },
  ],
  done: 0,
  failed: 1,
  stale: 0,
  waiting: 0,
  skipped: 0,
  interrupted: false,
  converged: false,
};
const guard = {
  code: 'G201',
  scope: 'domain/web01',
  effect: 'block',
  actions: [trash.id],
  overridable: true,
} as const;
const verdict = {
  domain: { uuid, name: 'web01' },
  verdict: 'acted-on',
  reasons: [],
  place: null,
  nextDueAt: null,
  freshAt: '2026-11-20T10:00:00.000Z',
  rpoSeconds: 3600,
} as const;

describe('notifications', () => {
  it('are none when all is well', () => {
    const plan = aPlan([backup], { domains: [{ ...verdict, rpoSeconds: null }] });
    expect(notificationsOf({ plan, report: null, next: null })).toEqual([]);
  });

  it('tell what failed, what is blocked, and which RPO is missed after the run', () => {
    const plan = aPlan([backup, { ...trash, blockedBy: ['G201'] }], { guards: [guard] });
    const next = aPlan([], { domains: [verdict] });
    expect(
      notificationsOf({ plan, report, next }).map(({ event, details }) => [event, details]),
    ).toEqual([
      ['failed', [{ address: 'domain/web01', message: 'scratch is full' }]],
      ['blocked', [{ address: 'domain/web01', message: 'blocked by guard G201' }]],
      [
        'rpo',
        [{ address: 'domain/web01', message: 'its newest point is of 2026-11-20T10:00:00.000Z' }],
      ],
    ]);
  });

  it('go to the commands that want them, as JSON; one that fails is said', async () => {
    using cli = new Cli();
    const tee = (name: string): readonly [string, ...string[]] => [
      '/usr/bin/tee',
      join(cli.dir, name),
    ];
    let err = '';
    const context = {
      terminal: { err: (text: string) => void (err += text) },
    } as unknown as Parameters<typeof notifyRun>[0];
    const notify = [
      { on: ['failed'], command: tee('failed') },
      { on: ['rpo'], command: tee('rpo') },
      { on: ['failed'], command: ['/bin/false'] },
    ] as const;
    await notifyRun(context, { notify }, { plan: aPlan([backup]), report, next: null });
    expect(JSON.parse(readFileSync(join(cli.dir, 'failed'), 'utf8'))).toMatchObject({
      formatVersion: 1,
      kind: 'notification',
      event: 'failed',
      host: 'kvm01',
      details: [{ address: 'domain/web01', message: 'scratch is full' }],
    });
    expect(() => readFileSync(join(cli.dir, 'rpo'))).toThrow('ENOENT');
    expect(err).toBe('holdfast: notification failed: /bin/false failed (1)\n');
  });
});

import { expect, it } from 'vitest';
import { chainId, pointId, runId } from '../../src/model/identity.ts';
import { renderDoctor } from '../../src/reporter/doctor.ts';
import { renderHistory } from '../../src/reporter/history.ts';
import { renderPoints } from '../../src/reporter/points.ts';
import { renderStatus } from '../../src/reporter/status.ts';
import { renderTrash } from '../../src/reporter/trash.ts';
import { renderVerify } from '../../src/reporter/verify.ts';
import { plannedAt, web01 } from './sample-plan.ts';

const plain = { color: false, width: null, verbose: true };

/** Every listing, with one name wherever a name or a message can stand. */
function listings(name: string): readonly string[] {
  const base = { formatVersion: 1 as const, host: name, at: plannedAt, timezone: 'UTC' };
  const failure = { code: name, message: name };
  const chain = chainId('20261120T020000Z-4f7a');
  const point = pointId('20261120T020000Z-00aa');
  const run = runId('20261120T020000Z-3a9f01bc');
  const place = { uuid: web01.uuid, name, store: name, address: `domain/${name}`, chain };
  return [
    renderPoints(
      {
        ...base,
        points: [
          {
            ...place,
            point,
            sequence: 0,
            level: 'full',
            frozenAt: plannedAt,
            bytes: 1,
            quiesce: { done: false, code: name, frozenMilliseconds: null },
            keptBy: [name],
            held: true,
            holds: [
              { on: 'point', who: name, at: plannedAt, reason: name },
              { on: 'chain', who: name, at: plannedAt, reason: name },
            ],
            checkedAt: null,
            fault: 'file-size',
            note: name,
          },
        ],
      },
      plain,
    ),
    renderStatus(
      {
        ...base,
        domains: [
          {
            uuid: web01.uuid,
            name,
            verdict: 'waiting',
            reasons: [{ code: 'foreign-job', facts: { operation: name } }, { code: name }],
            freshAt: null,
            rpoSeconds: null,
            rpo: 'none',
            nextDueAt: null,
            points: 0,
            bytes: 0,
            faulty: { quarantined: 1 },
          },
        ],
        stores: [
          {
            name,
            path: name,
            freeBytes: null,
            totalBytes: null,
            reserveBytes: null,
            points: 0,
            bytes: 0,
            trashBytes: 0,
            failure,
          },
        ],
        unseen: [{ part: name, failure }],
      },
      plain,
    ),
    renderHistory(
      {
        ...base,
        runs: [
          {
            run,
            purpose: name,
            plan: name,
            startedAt: plannedAt,
            finishedAt: null,
            running: false,
            done: 0,
            failed: 1,
            skipped: 0,
            interrupted: false,
            converged: null,
            actions: [
              { id: name, what: 'backup', address: name, outcome: { code: 'failed', failure } },
            ],
          },
        ],
      },
      plain,
    ),
    renderDoctor(
      {
        ...base,
        findings: [{ severity: 'error', code: name, subject: name, message: name, remedy: name }],
      },
      plain,
    ),
    renderTrash(
      {
        ...base,
        items: [
          {
            ...place,
            run,
            path: name,
            points: 1,
            bytes: 1,
            trashedAt: plannedAt,
            purgeAfter: null,
          },
        ],
      },
      plain,
    ),
    renderVerify(
      {
        ...base,
        depth: 'hash',
        seconds: 1,
        points: [
          {
            address: name,
            chain,
            point,
            frozenAt: plannedAt,
            result: 'faulty',
            failures: [failure],
            bytes: 1,
          },
        ],
      },
      plain,
    ),
  ];
}

it.each(['a\nb', '\u001B[2J\u001B[31mx', 'x\rAll sound: 9 points.', '\u202Ex', '\u0085x'])(
  'no listing lets %j make a line or steer a terminal',
  (name) => {
    const lines = listings('web01').map((text) => text.split('\n').length);
    const hostile = listings(name);
    expect(hostile).toHaveLength(6);
    expect(hostile.map((text) => text.split('\n').length)).toEqual(lines);
    for (const text of hostile) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202A-\u202E]/u);
    }
  },
);

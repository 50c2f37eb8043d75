import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAgentState, writeAgentState, type AgentState } from '../../src/agent/agent-state.ts';
import { changeSuspensions, readSuspensions } from '../../src/agent/suspensions.ts';

let dir = '';
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'hf-agent-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const one = (address: string) => ({
  address,
  reason: 'moved',
  who: 'anna',
  at: '2026-11-22T10:00:00.000Z',
  until: '2026-11-22T12:00:00.000Z',
});

it('loses no change when many are made at once', async () => {
  const names = Array.from({ length: 8 }, (_none, index) => `domain/d${index}`);
  await Promise.all(
    names.map(async (name) =>
      changeSuspensions(dir, (now) => ({ ...now, suspended: [...now.suspended, one(name)] })),
    ),
  );
  const read = readSuspensions(dir);
  expect(read.ok && read.value.suspended.map(({ address }) => address).toSorted()).toEqual(names);
});

it('takes a file that cannot be read for no empty one, and leaves it', async () => {
  writeFileSync(join(dir, 'suspended.json'), '{"formatVersion":1}');
  const changed = await changeSuspensions(dir, (now) => now);
  expect([readSuspensions(dir), changed]).toEqual(
    Array.from({ length: 2 }, () => ({
      ok: false,
      error: {
        code: 'suspensions-unreadable',
        message: `${dir}/suspended.json: suspended must be a list, missing; resumed must be a list, missing; move it away, and suspend again what is to be left alone`,
      },
    })),
  );
  expect(readFileSync(join(dir, 'suspended.json'), 'utf8')).toBe('{"formatVersion":1}');
});

const state: AgentState = {
  formatVersion: 1,
  pid: 1,
  startedAt: '2026-11-22T10:00:00.000Z',
  last: null,
  nextAt: null,
  failing: [],
  trashRuns: [],
  notified: { failed: 'x' },
};

it('keeps what an agent must remember, in a directory that it makes', () => {
  const path = join(dir, 'state');
  expect(readAgentState(path)).toEqual({ ok: true, value: null });
  expect(writeAgentState(path, state)).toEqual({ ok: true, value: undefined });
  expect(readAgentState(path)).toEqual({ ok: true, value: state });
  expect(existsSync(join(path, 'agent.json'))).toBe(true);
});

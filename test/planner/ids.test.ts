import { describe, expect, it } from 'vitest';
import { chainId, domainUuid } from '../../src/model/identity.ts';
import type { ObservedDirectory } from '../../src/model/observed-store.ts';
import { newChainId } from '../../src/planner/ids.ts';

const uuid = domainUuid('11111111-1111-4111-8111-111111111111');
const seed = { observedAt: '2026-11-22T09:30:02.000Z', store: 'main', uuid };
const directoryWith = (...ids: readonly string[]): ObservedDirectory => ({
  directory: 'web01',
  uuid,
  name: 'web01',
  chains: ids.map((id) => ({ id: chainId(id), held: false, closed: null, points: [] })),
  tip: null,
  incoming: [],
  lastLook: null,
});

describe("a new chain's id (G154)", () => {
  it('is of the instant of the plan', () => {
    expect(newChainId(seed, null)).toMatch(/^20261122T093002Z-[0-9a-f]{4}$/);
    expect(newChainId(seed, directoryWith('20261108T010000Z-00cc'))).toMatch(/^20261122T093002Z-/);
  });

  it.each([
    ['of the same second', '20261122T093002Z-0000', /^20261122T093003Z-/],
    ['that a clock ahead of time made', '20261231T235959Z-ffff', /^20270101T000000Z-/],
  ])('is later than one %s', (_which, newest, expected) => {
    expect(newChainId(seed, directoryWith('20261108T010000Z-00cc', newest))).toMatch(expected);
  });
});

import type { WorldShape } from './arbitrary.ts';

/** A sentence removes the newest chain: while it took a place, the next plan let go of one more (found by chance, one in 3,658). */
export const removedNewest: WorldShape = {
  domains: [
    {
      state: 'paused',
      chains: [1, 1, 1, 1],
      late: 1,
      tracker: 'good',
      raw: 'none',
      keep: {},
      maxPoints: 1,
      minPoints: 2,
      faults: [],
      heldChain: 0,
      closed: 'restored',
      role: 'removed-chain',
      orphan: false,
      incoming: 'idle',
      trouble: 'none',
      looked: false,
      never: false,
      copies: {
        uses: false,
        without: [],
        short: 0,
        older: 0,
        faults: [],
        heldChain: null,
        deleted: 'none',
        partial: false,
      },
    },
  ],
  memory: 'same',
  freeBytes: 536_870_912_000,
  mirror: {
    state: 'none',
    keep: null,
    minPoints: 1,
    schedule: null,
    deletes: 'allowed',
    memory: 'none',
  },
};

import * as fc from 'fast-check';
import type { Keep } from '../../src/model/desired.ts';
import { day } from './build-policy.ts';

/** Every number of a `keep`. */
export const keepNumbers = [
  'chains',
  'last',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'yearly',
  'withinSeconds',
] as const;

export const keepShape: fc.Arbitrary<Keep | null> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 5,
    arbitrary: fc.record(
      {
        chains: fc.integer({ min: 1, max: 3 }),
        last: fc.integer({ min: 1, max: 5 }),
        hourly: fc.integer({ min: 1, max: 3 }),
        daily: fc.integer({ min: 1, max: 5 }),
        weekly: fc.integer({ min: 1, max: 3 }),
        monthly: fc.integer({ min: 1, max: 2 }),
        yearly: fc.integer({ min: 1, max: 2 }),
        withinSeconds: fc.integer({ min: 1, max: 6 }).map((days) => days * day),
      },
      { requiredKeys: [] },
    ),
  },
);

export const often = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(...others) },
  );

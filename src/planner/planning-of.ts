import type { DesiredState } from '../model/desired.ts';
import { millisecondsOf, type Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import { noRequest, type Request } from '../model/plan.ts';
import { domainSituations } from './domain-situations.ts';
import { mirrorSituations } from './mirror-situations.ts';
import type { Planning } from './planning.ts';
import { storeSituations } from './store-situations.ts';

/** Puts side by side what should be, what is, and what was asked for. */
export function planningOf(
  desired: DesiredState,
  observed: ObservedState,
  request: Request = noRequest,
  asOf: Instant = observed.observedAt,
): Planning {
  const stores = storeSituations(desired.stores, observed);
  return {
    desired,
    observed,
    request,
    asOf,
    asOfMs: millisecondsOf(asOf),
    observedMs: millisecondsOf(observed.observedAt),
    stores,
    mirrors: mirrorSituations(desired, observed, stores),
    domains: domainSituations(desired, observed, stores, request.targets),
  };
}

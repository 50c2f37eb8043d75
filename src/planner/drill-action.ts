import type { DomainRef, StoreRef } from '../model/action-base.ts';
import { addressOf } from '../model/address.ts';
import type { DesiredDrill } from '../model/desired.ts';
import type { Drill } from '../model/drill-action.ts';
import type { ObservedDrills } from '../model/drill.ts';
import type { ChainId, PointId } from '../model/identity.ts';

/** A point that may be booted, and where it lies. */
export interface DrillCandidate {
  readonly directory: string;
  readonly chain: ChainId;
  readonly point: PointId;
  readonly sequence: number;
  readonly pointDirectory: string;
  readonly from: Drill['from'];
  readonly dependsOn: readonly string[];
}

/** The drill of a point, complete but for who asks for it. */
export function drillAction({
  domain,
  store,
  candidate,
  ask: { wait, port, timeoutSeconds, script },
  host,
}: {
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly candidate: DrillCandidate;
  readonly ask: DesiredDrill;
  readonly host: ObservedDrills;
}): Drill {
  return {
    kind: 'drill',
    id: `drill:${store.name}:${domain.uuid}`,
    wave: 50,
    address: addressOf(domain.name, candidate.chain, candidate.sequence),
    reasons: [],
    place: null,
    blockedBy: [],
    bytes: null,
    domain: { uuid: domain.uuid, name: domain.name },
    store,
    ...candidate,
    wait,
    port,
    timeoutSeconds,
    script,
    memoryLimitBytes: host.memoryLimitBytes,
    network: host.network,
    keep: false,
  };
}

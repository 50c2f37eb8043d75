import { addressOf, covers, onMirror, parseAddress } from '../model/address.ts';
import type { DesiredState } from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { ObservedDomain, ObservedState } from '../model/observed.ts';
import type { Failure } from '../model/result.ts';
import { byText } from './order.ts';
import type { DomainSituation, Place, StoreSituation } from './planning.ts';

/**
 * Every domain that anything knows of: the hypervisor, the policy, the stores.
 * Each comes once (I13), by name and uuid.
 */
export function domainSituations(
  desired: DesiredState,
  observed: ObservedState,
  stores: readonly StoreSituation[],
  targets: readonly string[] | null,
): readonly DomainSituation[] {
  const facts = collect(desired, observed, stores);
  const wanted = targets?.map(normalised) ?? null;
  return Array.from(facts.names, ([uuid, name]): DomainSituation => {
    const address = addressOf(name);
    const managed = facts.desired.get(uuid) ?? null;
    const store = stores.find((one) => one.name === managed?.store) ?? null;
    return {
      uuid,
      name,
      address,
      observed: facts.observed.get(uuid) ?? null,
      unseen:
        facts.unseen.get(uuid) ?? (observed.hypervisor.seen ? null : observed.hypervisor.failure),
      desired: managed,
      ignored: facts.ignored.get(uuid) ?? null,
      store,
      directory: store?.directories.get(uuid) ?? null,
      elsewhere: (facts.places.get(uuid) ?? []).filter((place) => place.store !== store),
      targeted: wanted === null || wanted.some((target) => covers(target, address)),
    };
  }).toSorted((a, b) => byText(a.name, b.name) || byText(a.uuid, b.uuid));
}

/** An address as actions carry it: `web01` is `domain/web01`, a store stays as it is. */
export function normalised(target: string): string {
  if (target.startsWith('store/')) return target;
  const address = parseAddress(target);
  if (address === null) return target;
  const { mirror, domain, chain, sequence } = address;
  const path = chain === null ? addressOf(domain) : addressOf(domain, chain, sequence ?? undefined);
  return mirror === null ? path : onMirror(mirror, path);
}

interface Facts {
  readonly names: ReadonlyMap<DomainUuid, string>;
  readonly observed: ReadonlyMap<DomainUuid, ObservedDomain>;
  readonly unseen: ReadonlyMap<DomainUuid, Failure>;
  readonly desired: ReadonlyMap<DomainUuid, DesiredState['domains'][number]>;
  readonly ignored: ReadonlyMap<DomainUuid, DesiredState['ignored'][number]>;
  readonly places: ReadonlyMap<DomainUuid, readonly Place[]>;
}

function collect(
  desired: DesiredState,
  observed: ObservedState,
  stores: readonly StoreSituation[],
): Facts {
  const names = new Map<DomainUuid, string>();
  const places = new Map<DomainUuid, Place[]>();
  // The name that counts most comes last: manifests, the policy's resolution, the hypervisor.
  for (const store of stores) {
    for (const directory of store.directories.values()) {
      const known = places.get(directory.uuid);
      if (known === undefined) places.set(directory.uuid, [{ store, directory }]);
      else known.push({ store, directory });
      if (known === undefined) names.set(directory.uuid, directory.name);
    }
  }
  for (const { uuid, name } of [...desired.domains, ...desired.ignored]) names.set(uuid, name);
  const hypervisor = observed.hypervisor.seen ? observed.hypervisor.value : null;
  for (const { uuid, name } of hypervisor?.unseenDomains ?? []) names.set(uuid, name);
  for (const { uuid, name } of hypervisor?.domains ?? []) names.set(uuid, name);
  return {
    names,
    places,
    observed: new Map((hypervisor?.domains ?? []).map((domain) => [domain.uuid, domain])),
    unseen: new Map((hypervisor?.unseenDomains ?? []).map((domain) => [domain.uuid, domain])),
    desired: new Map(desired.domains.map((domain) => [domain.uuid, domain])),
    ignored: new Map(desired.ignored.map((domain) => [domain.uuid, domain])),
  };
}

import type { DomainUuid } from './identity.ts';
import type { ObservedDomain, ObservedHypervisor } from './observed.ts';
import { seen, type Seen, unseen } from './result.ts';

/** One domain in a look at all of them; null: there is none of that uuid. */
export function domainIn(
  all: Seen<ObservedHypervisor>,
  uuid: DomainUuid,
): Seen<ObservedDomain | null> {
  if (!all.seen) return all;
  const found = all.value.domains.find((domain) => domain.uuid === uuid);
  const hidden = all.value.unseenDomains.find((domain) => domain.uuid === uuid);
  if (found === undefined && hidden !== undefined) return unseen(hidden.code, hidden.message);
  return seen(found ?? null);
}

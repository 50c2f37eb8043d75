import { Registry } from 'prom-client';
import type { Plan } from '../model/plan.ts';
import type { StatusDomain, StatusReport } from '../model/status-report.ts';
import { addCount, addFamilies } from './gauges.ts';
import {
  copyFamilies,
  domainFamilies,
  hostFamilies,
  proofFamilies,
  storeFamilies,
} from './state-families.ts';

/** What a host looks like now, for a scrape. */
export interface Scraped {
  readonly status: StatusReport;
  /** What an apply would do now. */
  readonly plan: Plan;
}

/**
 * Every gauge that is read off one look at the host, in a registry of its own:
 * a domain that is gone leaves no series behind. Instants are UNIX seconds,
 * sizes bytes; what is unknown or was not seen has no sample, rather than a zero.
 */
export function stateMetrics({ status, plan }: Scraped): Registry {
  const registry = new Registry();
  const { domains, stores } = status;
  addFamilies(registry, hostFamilies, [status], [], () => ({}));
  addFamilies(registry, [...domainFamilies, ...proofFamilies], domains, ['domain', 'uuid'], named);
  const copies = domains.flatMap((domain) =>
    (domain.copies ?? []).map((each) => ({ ...each, domain })),
  );
  addFamilies(registry, copyFamilies, copies, ['domain', 'uuid', 'mirror'], (copy) => ({
    ...named(copy.domain),
    mirror: copy.mirror,
  }));
  addFamilies(registry, storeFamilies, stores, ['store'], ({ name }) => ({ store: name }));
  addCount(
    registry,
    { name: 'domains', help: 'Domains that are known, by what the plan says of each.' },
    domains,
    ['verdict'],
    ({ verdict }) => ({ verdict }),
  );
  addCount(
    registry,
    { name: 'plan_actions', help: 'Actions of a plan of now; a blocked one waits for a person.' },
    plan.actions,
    ['kind', 'blocked'],
    ({ kind, blockedBy }) => ({ kind, blocked: blockedBy.length > 0 ? 'yes' : 'no' }),
  );
  addCount(
    registry,
    { name: 'plan_guards', help: 'Guards that speak in a plan of now.' },
    plan.guards,
    ['code', 'effect'],
    ({ code, effect }) => ({ code, effect }),
  );
  return registry;
}

const named = ({
  name,
  uuid,
}: StatusDomain): { readonly domain: string; readonly uuid: string } => ({
  domain: name,
  uuid,
});

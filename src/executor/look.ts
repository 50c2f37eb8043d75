import type { DomainRef } from '../model/action-base.ts';
import type { ObservedDomain } from '../model/observed.ts';
import { ok, type Result } from '../model/result.ts';
import { during, failed, type NotDone, stale, waiting } from './not-done.ts';
import type { Tools } from './tools.ts';

/** The domain as it is now; null if it is gone. Not seen is a failure, not an absence. */
export async function lookAt(
  domain: DomainRef,
  tools: Tools,
): Promise<Result<ObservedDomain | null, NotDone>> {
  const look = await tools.look(domain.uuid);
  return look.seen ? ok(look.value) : failed(during(`Looking at ${domain.name}`, look.failure));
}

/** A domain that must be there and have nothing going on. */
export async function idleDomain(
  domain: DomainRef,
  tools: Tools,
): Promise<Result<ObservedDomain, NotDone>> {
  const look = await lookAt(domain, tools);
  if (!look.ok) return look;
  if (look.value === null) return stale('domain-gone', `${domain.name} is not defined any more.`);
  const { job, blockJobs } = look.value;
  if (job !== null && job.run !== null) {
    return stale('job-left', `A job of run ${job.run} is still on ${domain.name}; plan again.`);
  }
  if (job !== null) {
    return waiting('foreign-job', `Another program's job (${job.operation}) is on ${domain.name}.`);
  }
  if (blockJobs.length > 0) {
    return waiting('block-job', `A block job is on ${blockJobs.join(', ')} of ${domain.name}.`);
  }
  return ok(look.value);
}

import type { Command } from 'commander';
import { addressOf } from '../model/address.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { ObservedState } from '../model/observed.ts';
import { noRequest } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { planUntrack } from '../planner/untrack.ts';
import { cannotAsk } from './approve.ts';
import { refuse, type Context, type Go, type Refusal } from './context.ts';
import { nearbyDomain } from './did-you-mean.ts';
import type { ExitCode } from './exit.ts';
import { desiredOf } from './load-policy.ts';
import { usage } from './plan-options.ts';
import { readAddress } from './resolve-address.ts';
import { runPlanOf } from './run-plan.ts';
import { openSession } from './session.ts';

/** `holdfast untrack ADDR` */
export function defineUntrack(command: Command, go: Go): void {
  command
    .argument('<addr>', 'domain/NAME')
    .option('--auto-approve', 'do not ask')
    .addHelpText(
      'after',
      '\nQEMU cannot revert to an internal snapshot while dirty bitmaps exist; after this it can.\n\nExample:\n  holdfast untrack domain/web01',
    )
    .action(async (address: string, options: { readonly autoApprove?: boolean }) =>
      go(async (context) => runUntrack(context, address, options.autoApprove === true)),
    );
}

async function runUntrack(context: Context, text: string, auto: boolean): Promise<ExitCode> {
  const unasked = auto ? null : cannotAsk(context);
  if (unasked !== null) return refuse(context, unasked);
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const observed = await session.value.look();
  const uuid = domainOf(observed, text);
  if (!uuid.ok) return refuse(context, uuid.error);
  const desired = desiredOf(session.value.policy, observed);
  const plan = planUntrack(desired, observed, uuid.value, noRequest);
  return runPlanOf(context, session.value, { plan, observed, auto, what: 'Untrack this domain?' });
}

/** The domain that an address names. */
function domainOf(observed: ObservedState, text: string): Result<DomainUuid, Refusal> {
  const address = readAddress(text);
  if (!address.ok) return address;
  const { domain: wanted, chain, mirror } = address.value;
  if (chain !== null || mirror !== null)
    return usage('bad-address', `untrack ${text}: write a domain, as in domain/web01`);
  if (!observed.hypervisor.seen) return fail({ exit: 9, ...observed.hypervisor.failure });
  const { domains } = observed.hypervisor.value;
  const domain = domains.find(({ name, uuid }) => [name, uuid].includes(wanted));
  if (domain !== undefined) return ok(domain.uuid);
  const names = domains.map(({ name }) => name);
  const message = `libvirt has no ${addressOf(wanted)}${nearbyDomain(wanted, names)}`;
  return fail({ exit: 1, code: 'no-domain', message });
}

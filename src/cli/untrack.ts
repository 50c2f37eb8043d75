import type { Command } from 'commander';
import type { StoreRef, Untrack } from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import { checkpointOwner, isCheckpointName, type CheckpointName } from '../model/identity.ts';
import type { ObservedDomain, ObservedState } from '../model/observed.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { actionPlan } from './action-plan.ts';
import { cannotAsk } from './approve.ts';
import { refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { usage } from './plan-options.ts';
import { readAddress } from './resolve-address.ts';
import { runPlanOf } from './run-plan.ts';
import { openSession, policyFacts } from './session.ts';

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
  const actions = untrackActions(observed, text);
  if (!actions.ok) return refuse(context, actions.error);
  if (actions.value.length === 0) {
    context.terminal.out(`${text} has no checkpoint of ours.\n`);
    return 0;
  }
  const plan = actionPlan('untrack', actions.value, observed, policyFacts(session.value));
  return runPlanOf(context, session.value, { plan, observed, auto, what: 'Untrack this domain?' });
}

/** One action a store that tracks the domain; another store's checkpoints are left alone. */
export function untrackActions(
  observed: ObservedState,
  text: string,
): Result<readonly Untrack[], Refusal> {
  const address = readAddress(text);
  if (!address.ok) return address;
  const { domain: wanted, chain, mirror } = address.value;
  if (chain !== null || mirror !== null)
    return usage('bad-address', `untrack ${text}: write a domain, as in domain/web01`);
  if (!observed.hypervisor.seen) return fail({ exit: 9, ...observed.hypervisor.failure });
  const domain = observed.hypervisor.value.domains.find(({ name, uuid }) =>
    [name, uuid].includes(wanted),
  );
  if (domain === undefined)
    return fail({ exit: 1, code: 'no-domain', message: `libvirt has no ${addressOf(wanted)}` });
  const power = powerOf(domain);
  if (power === null)
    return fail({
      exit: 1,
      code: 'busy',
      message: `${addressOf(domain.name)} is ${domain.state}: wait`,
    });
  if (!domain.checkpoints.seen) return fail({ exit: 9, ...domain.checkpoints.failure });
  return ok(
    observed.stores.flatMap(({ name, path, state }): readonly Untrack[] => {
      if (state.kind !== 'ready') return [];
      const store = { name, path, id: state.id };
      const directory = state.directories.find(({ uuid }) => uuid === domain.uuid);
      const checkpoints = checkpointsOf(domain, store);
      if (checkpoints.length === 0) return [];
      const live = directory?.chains.find(({ id }) => id === directory.tip?.chain);
      return [
        {
          kind: 'untrack',
          id: `untrack:${name}:${domain.uuid}`,
          wave: 10,
          address: addressOf(domain.name),
          dependsOn: [],
          reasons: [{ code: 'asked' }],
          place: null,
          blockedBy: [],
          bytes: null,
          domain: { uuid: domain.uuid, name: domain.name },
          store,
          directory: directory?.directory ?? '',
          checkpoints,
          power,
          images: power === 'off' ? imagesWith(domain, checkpoints) : [],
          closes: live === undefined || live.closed !== null ? null : live.id,
        },
      ];
    }),
  );
}

function powerOf({ state }: ObservedDomain): Untrack['power'] | null {
  if (state === 'running' || state === 'paused' || state === 'off') return state;
  return state === 'crashed' ? 'off' : null;
}

/** Names of a store's checkpoints and left over bitmaps, oldest first. */
function checkpointsOf(domain: ObservedDomain, store: StoreRef): readonly CheckpointName[] {
  const listed = domain.checkpoints.seen ? domain.checkpoints.value.map(({ name }) => name) : [];
  const bitmaps = domain.disks.flatMap(({ bitmaps: found }) =>
    found?.seen === true ? found.value.map(({ name }) => name) : [],
  );
  return [...new Set([...listed, ...bitmaps])]
    .filter(isCheckpointName)
    .filter((name) => checkpointOwner(name)?.storePrefix === store.id.slice(0, 8))
    .toSorted();
}

/** The active images that carry one of these bitmaps. */
function imagesWith(domain: ObservedDomain, names: readonly string[]): readonly string[] {
  return domain.disks.flatMap(({ images, bitmaps }) => {
    const active = images.seen ? images.value[0] : undefined;
    const carries =
      bitmaps?.seen === true && bitmaps.value.some(({ name }) => names.includes(name));
    return active !== undefined && carries ? [active.identity.path] : [];
  });
}

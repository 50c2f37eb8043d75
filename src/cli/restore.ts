import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseAddress } from '../model/address.ts';
import { domainUuid } from '../model/identity.ts';
import { compactInstant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Restore } from '../model/restore-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { actionPlan } from '../planner/action-plan.ts';
import type { PathFact } from '../planner/restore-paths.ts';
import { restoreTargets, type RestoreRequest } from '../planner/restore-targets.ts';
import { decideRestore } from '../planner/restore.ts';
import { cannotAsk } from './approve.ts';
import { refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { collect, usage } from './plan-options.ts';
import { firmwareOf, pathFact } from './restore-facts.ts';
import { restoreFrom, type AskedRestore } from './restore-from.ts';
import { sourceOf, wantedPoint, warnOf, type Source } from './restore-source.ts';
import { runPlanOf } from './run-plan.ts';
import { openSession, policyFacts, type Session } from './session.ts';

interface RestoreOptions {
  readonly at?: string;
  readonly disk?: readonly string[];
  readonly as?: string;
  readonly to?: string;
  readonly inPlace?: boolean;
  readonly imagesOnly?: boolean;
  readonly instant?: boolean;
  readonly start?: boolean;
  readonly powerOff?: boolean;
  readonly overwriteDevice?: boolean;
  readonly keep?: string;
  readonly store?: string;
  readonly from?: string;
  readonly storeId?: string;
  readonly autoApprove?: boolean;
}

const examples = `
Examples:
  holdfast restore domain/web01                              the newest point, where nothing of that name exists
  holdfast restore domain/web01 --as web01-test --to /srv/vm beside the one that runs
  holdfast restore domain/web01 --at "2026-11-20 12:00" --in-place --power-off
  holdfast restore domain/web01/20261122T02/0003 --disk vdb --in-place
  holdfast restore domain/web01 --instant --as web01-look --to /var/tmp
  holdfast restore domain/web01 --images-only --to /srv/rescue    needs no libvirt
  holdfast restore domain/web01 --store /mnt/disk            on another host, without a policy
  holdfast restore domain/web01 --from nas --to /srv/vm      the copy at a mirror; no store is needed
  holdfast restore domain/web01 --from backup@nas:/vol --to /srv/vm    nor a policy`;

/** `holdfast restore ADDR` */
export function defineRestore(command: Command, go: Go): void {
  command
    .argument('<addr>', 'domain/NAME for its newest point, or a chain, or a point')
    .option('--at <time>', 'the newest point not later than that, or a point by its id')
    .option('--disk <target>', 'only this disk (repeatable)', collect)
    .option('--as <name>', 'as a new domain, with a new uuid and new MAC addresses')
    .option('--to <dir>', 'images go to this directory')
    .option('--in-place', 'over the images of the domain, which are kept aside')
    .option('--images-only', 'write images to --to DIR and define nothing')
    .option('--instant', 'boot at once from the point itself, on overlays')
    .option('--start', 'start the domain afterwards')
    .option('--power-off', 'with --in-place: shut a running domain down first')
    .option('--overwrite-device', 'allow writing to block devices')
    .option('--keep <dir>', 'copy the old content of block devices here first')
    .option('--store <dir>', 'take points from this store; no policy is needed')
    .option('--from <mirror>', 'take points from this mirror, by its name or place')
    .option(
      '--store-id <id>',
      'with --from: the store whose copies are meant, where there are several',
    )
    .option('--auto-approve', 'do not ask')
    .addHelpText('after', examples)
    .action(async (address: string, options: RestoreOptions) =>
      go(async (context) => runRestore(context, address, options)),
    );
}

async function runRestore(
  context: Context,
  text: string,
  options: RestoreOptions,
): Promise<ExitCode> {
  const request = requestOf(options, context.terminal.cwd);
  if (!request.ok) return refuse(context, request.error);
  const auto = options.autoApprove === true;
  const unasked = auto ? null : cannotAsk(context);
  if (unasked !== null) return refuse(context, unasked);
  const from = options.from ?? parseAddress(text)?.mirror ?? null;
  const asked = { text, at: options.at, request: request.value, auto };
  if (from !== null) {
    return restoreFrom(context, { ...asked, from, storeId: options.storeId ?? null }, bringBack);
  }
  if (options.storeId !== undefined) {
    return refuse(context, usage('store-id-alone', '--store-id goes with --from MIRROR').error);
  }
  const session = await openSession(context, options.store);
  if (!session.ok) return refuse(context, session.error);
  return bringBack(context, session.value, asked);
}

/** Plans the restore of what an address means in the session's stores, and does it. */
async function bringBack(
  context: Context,
  session: Session,
  { text, at, request, auto }: AskedRestore,
): Promise<ExitCode> {
  const observed = await session.lookHere();
  const wanted = wantedPoint(text, at, session.policy.timezone);
  if (!wanted.ok) return refuse(context, wanted.error);
  const source = sourceOf(observed.stores, text, wanted.value);
  if (!source.ok) return refuse(context, source.error);
  warnOf(context, source.value);
  const action = await actionOf(source.value, observed, request);
  if (!action.ok) return refuse(context, { exit: 1, ...action.error });
  const plan = actionPlan('restore', [action.value], observed, policyFacts(session));
  return runPlanOf(context, session, { plan, observed, auto, what: 'Restore this?' });
}

/** Reads the flags; those that exclude each other are refused by name. */
function requestOf(options: RestoreOptions, cwd: string): Result<RestoreRequest, Refusal> {
  const modes = (['inPlace', 'imagesOnly', 'instant'] as const).filter((mode) => options[mode]);
  if (modes.length > 1) {
    return usage('modes', '--in-place, --images-only and --instant exclude each other');
  }
  const mode = ({ inPlace: 'in-place', imagesOnly: 'images-only', instant: 'instant' } as const)[
    modes[0] ?? 'inPlace'
  ];
  if (options.imagesOnly === true && options.to === undefined) {
    return usage('to-missing', '--images-only needs --to DIR');
  }
  if (options.instant === true && options.to === undefined) {
    return usage('to-missing', '--instant needs --to DIR, for what the domain will write');
  }
  if (options.powerOff === true && options.inPlace !== true) {
    return usage('power-off-alone', '--power-off goes with --in-place');
  }
  return ok({
    mode: modes.length === 0 ? 'new' : mode,
    disks: options.disk ?? null,
    as: options.as ?? null,
    to: options.to === undefined ? null : resolve(cwd, options.to),
    start: options.start === true,
    powerOff: options.powerOff === true,
    overwriteDevice: options.overwriteDevice === true,
    keepDir: options.keep === undefined ? null : resolve(cwd, options.keep),
  });
}

/** Decides the restore from what is where. */
async function actionOf(
  { store, directory, points }: Source,
  observed: ObservedState,
  request: RestoreRequest,
): Promise<Result<Restore, Failure>> {
  const current = observed.hypervisor.seen
    ? (observed.hypervisor.value.domains.find(({ uuid }) => uuid === directory.uuid) ?? null)
    : null;
  const targets = restoreTargets(request, points, current);
  if (!targets.ok) return targets;
  const newest = points.at(-1);
  if (newest === undefined) return fail({ code: 'point-not-found', message: 'The chain is empty' });
  const newUuid = domainUuid(randomUUID());
  const uuid = request.as === null ? directory.uuid : newUuid;
  const stamp = compactInstant(observed.observedAt);
  const firmware = firmwareOf(newest, request, current, uuid, stamp);
  const facts: Record<string, PathFact> = {};
  for (const { to } of [...targets.value, ...firmware]) facts[to] = await pathFact(to, observed);
  return decideRestore({
    observed,
    store,
    directory,
    points,
    targets: targets.value,
    paths: facts,
    request,
    firmware,
    newUuid,
  });
}

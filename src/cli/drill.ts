import { basename, join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { StoreRef } from '../model/action-base.ts';
import { parseAddress } from '../model/address.ts';
import type { DesiredDrill } from '../model/desired.ts';
import type { Drill } from '../model/drill-action.ts';
import { pointDirectory, type DomainUuid } from '../model/identity.ts';
import type { ObservedState } from '../model/observed.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { actionPlan } from '../planner/action-plan.ts';
import { drillAction, type DrillCandidate } from '../planner/drill-action.ts';
import { choosePoint, type WantedPoint } from '../planner/restore-point.ts';
import { localPathOf } from '../policy/mirror-target.ts';
import { durationSeconds } from '../policy/quantity.ts';
import { refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { Interrupt } from './interrupt.ts';
import { desiredOf } from './load-policy.ts';
import { accessOf } from './mirror-access.ts';
import { lookAtMirror, resolveCopies } from './mirror-copies.ts';
import { usage } from './plan-options.ts';
import { sourceOf, wantedPoint, warnOf } from './restore-source.ts';
import { runPlanOf } from './run-plan.ts';
import { openSession, policyFacts, type Session } from './session.ts';

interface DrillOptions {
  readonly point?: string;
  readonly from?: string;
  readonly wait?: Drill['wait'];
  readonly port?: number;
  readonly timeout?: number;
  readonly script?: string;
  readonly keep?: boolean;
}

const examples = `
What is not given is as the policy says for the domain; without a drill in its rule the agent is asked,
where the domain has one, within 5m.

Examples:
  holdfast drill domain/web01                          boot its newest point, and say after how long it was usable
  holdfast drill domain/web01/20261122T02/0003 --wait port --port 443
  holdfast drill domain/web01 --from usb               the copy at a mirror in a directory of this host
  holdfast drill domain/web01 --keep                   leave it running until Ctrl-C, or until it is shut down`;

/** `holdfast drill ADDR` */
export function defineDrill(command: Command, go: Go): void {
  command
    .argument('<addr>', 'domain/NAME for its newest point, or a chain, or a point')
    .option('--point <point>', 'a point by its id, or the newest not later than a time')
    .option('--from <mirror>', 'boot the copy at this mirror, by its name or directory')
    .addOption(
      new Option('--wait <what>', 'what shows that it is usable').choices([
        'agent',
        'port',
        'none',
      ]),
    )
    .option('--port <port>', 'with --wait port: the TCP port', portNumber)
    .option('--timeout <time>', 'from its start to its answer, as 5m', seconds)
    .option('--script <name>', 'a script of the host file that is asked last')
    .option('--keep', 'leave it running after its answer, until Ctrl-C or until it is shut down')
    .addHelpText('after', examples)
    .action(async (address: string, options: DrillOptions) =>
      go(async (context) => runDrill(context, address, options)),
    );
}

function seconds(text: string): number {
  if (!/^[1-9][0-9]{0,6}[smhd]$/.test(text)) {
    throw new InvalidArgumentError('Write a number and a unit: 90s, 5m, 1h.');
  }
  return durationSeconds(text);
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('Write a number from 1 to 65535.');
  return port;
}

async function runDrill(context: Context, text: string, options: DrillOptions): Promise<ExitCode> {
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const observed = await session.value.lookHere();
  const wanted = wantedPoint(text, options.point, session.value.policy.timezone);
  if (!wanted.ok) return refuse(context, wanted.error);
  const from = options.from ?? parseAddress(text)?.mirror ?? null;
  const found =
    from === null
      ? pointHere(context, observed, text, wanted.value)
      : await copyAt(context, session.value, observed, { from, text, wanted: wanted.value });
  if (!found.ok) return refuse(context, found.error);
  const action = actionOf(session.value, observed, found.value, options);
  if (!action.ok) return refuse(context, action.error);
  const plan = actionPlan('drill', [action.value], observed, policyFacts(session.value));
  return runPlanOf(context, session.value, { plan, observed, auto: true, what: 'Drill this?' });
}

/** A point, the domain that it is of, and the store that hears of the result. */
interface Found {
  readonly domain: { readonly uuid: DomainUuid; readonly name: string };
  readonly store: StoreRef;
  readonly candidate: DrillCandidate;
}

function pointHere(
  context: Context,
  observed: ObservedState,
  text: string,
  wanted: WantedPoint,
): Result<Found, Refusal> {
  const source = sourceOf(observed.stores, text, wanted);
  if (!source.ok) return source;
  const { store, directory, points } = source.value;
  const newest = points.at(-1);
  if (newest === undefined) {
    return fail({ exit: 1, code: 'point-not-found', message: `${text}: the chain is empty` });
  }
  warnOf(context, source.value);
  const { chain, point, sequence } = newest.manifest;
  return ok({
    domain: { uuid: directory.uuid, name: directory.name },
    store,
    candidate: {
      directory: directory.directory,
      chain,
      point,
      sequence,
      pointDirectory: basename(newest.path),
      from: null,
      dependsOn: [],
    },
  });
}

/** A copy is booted where it lies: only a mirror in a directory of this host will do. */
async function copyAt(
  context: Context,
  session: Session,
  observed: ObservedState,
  asked: { readonly from: string; readonly text: string; readonly wanted: WantedPoint },
): Promise<Result<Found, Refusal>> {
  const { from, text, wanted } = asked;
  const access = accessOf(session.policy.mirrors, from);
  if (!access.ok) return access;
  const path = localPathOf({ type: access.value.type, target: access.value.target });
  if (path === null) {
    const message = `${from} is no directory of this host: holdfast restore --from ${from} brings the point here`;
    return fail({ exit: 1, code: 'mirror-elsewhere', message });
  }
  using interrupt = new Interrupt(context);
  const copies = await lookAtMirror(session, access.value, interrupt.signal);
  if (!copies.ok) return copies;
  const places = resolveCopies(copies.value, text);
  if (!places.ok) return places;
  const [place] = places.value;
  if (place === undefined) {
    return fail({ exit: 1, code: 'no-points', message: `mirror ${from} has no points of ${text}` });
  }
  const { directory, store } = place;
  const chosen = choosePoint(directory, wanted);
  if (!chosen.ok) return fail({ exit: 1, ...chosen.error });
  const { chain, point: id, sequence } = chosen.value;
  const level = directory.chains
    .find((one) => one.id === chain)
    ?.points.find((one) => one.id === id)?.level;
  return ok({
    domain: { uuid: directory.uuid, name: directory.name },
    store: storeOf(session, observed, store.id),
    candidate: {
      directory: directory.directory,
      chain,
      point: id,
      sequence,
      pointDirectory: pointDirectory(sequence, id, level ?? 'full'),
      from: { mirror: access.value.name, path },
      dependsOn: [],
    },
  });
}

/** The store that the copies are of; where it is lost, the result is told and noted nowhere. */
function storeOf({ host }: Session, { stores }: ObservedState, id: StoreRef['id']): StoreRef {
  const own = stores.find(({ state }) => state.kind === 'ready' && state.id === id);
  return own === undefined
    ? { name: 'lost', path: join(host.stateDir, 'no-store'), id }
    : { name: own.name, path: own.path, id };
}

// As the policy's own default.
const defaultTimeoutSeconds = 300;

function actionOf(
  session: Session,
  observed: ObservedState,
  { domain, store, candidate }: Found,
  options: DrillOptions,
): Result<Drill, Refusal> {
  const { drills: host, hypervisor } = observed;
  if (host === undefined) {
    return fail({ exit: 1, code: 'no-drills', message: 'this hypervisor cannot boot points' });
  }
  const desired = desiredOf(session.policy, observed).domains.find(
    ({ uuid }) => uuid === domain.uuid,
  );
  const known = hypervisor.seen
    ? hypervisor.value.domains.find(({ uuid }) => uuid === domain.uuid)
    : undefined;
  const wait = options.wait ?? desired?.drill?.wait ?? (known?.agent === 'none' ? 'none' : 'agent');
  const ask: DesiredDrill = {
    everySeconds: 0,
    wait,
    port: wait === 'port' ? (options.port ?? desired?.drill?.port ?? null) : null,
    timeoutSeconds: options.timeout ?? desired?.drill?.timeoutSeconds ?? defaultTimeoutSeconds,
    script: options.script ?? desired?.drill?.script ?? null,
    from: null,
  };
  if (options.port !== undefined && wait !== 'port') {
    return usage('port-alone', '--port goes with --wait port');
  }
  if (wait === 'port' && ask.port === null)
    return usage('port-missing', '--wait port needs --port');
  if (wait === 'port' && host.network === null) {
    const message = 'a port needs drill.network in the host file: a drill has no network otherwise';
    return fail({ exit: 1, code: 'drill-needs-network', message });
  }
  if (ask.script !== null && !host.scripts.includes(ask.script)) {
    const message = `the host file has no script ${ask.script}; it has ${host.scripts.join(', ') || 'none'}`;
    return fail({ exit: 1, code: 'drill-script-unknown', message });
  }
  return ok({
    ...drillAction({ domain, store, candidate, ask, host }),
    reasons: [{ code: 'asked' }],
    place: desired?.place ?? null,
    keep: options.keep === true,
  });
}

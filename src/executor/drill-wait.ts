import { setTimeout as sleep } from 'node:timers/promises';
import type { DrillHost, DrillMachine } from '../hypervisor/drill-host.ts';
import { addressOf } from '../model/address.ts';
import type { Drill } from '../model/drill-action.ts';
import { fail, ok, unreachable, type Failure, type Result } from '../model/result.ts';
import type { DrillPlace } from './drill-place.ts';
import type { Tools } from './tools.ts';

/** How the wait for a booted machine ended. */
export type Waited =
  /** Seconds since its start; null where nothing was asked. */
  | { readonly is: 'usable'; readonly seconds: number | null }
  /** The machine is to blame, or what it was made of. */
  | { readonly is: 'failed'; readonly failure: Failure }
  /** Somebody ended the drill. */
  | { readonly is: 'stopped' };

// As long as a person takes for a breath: each look costs libvirt a question or two.
const lookMilliseconds = 250;

/** A machine that was started at `startedAt`, by `performance.now()`. */
export interface Booted {
  readonly machine: DrillMachine;
  readonly place: DrillPlace;
  readonly startedAt: number;
}

/** Waits until the machine is usable by the action's own measure, at most its timeout. */
export async function waitUntilUsable(
  action: Drill,
  booted: Booted,
  host: DrillHost,
  tools: Tools,
  signal: AbortSignal,
): Promise<Waited> {
  const { machine, startedAt } = booted;
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const stopped = (): Waited => {
    const { lost } = machine;
    if (!lost.aborted) return { is: 'stopped' };
    const failure: Failure = lost.reason;
    return { is: 'failed', failure };
  };
  const until = AbortSignal.any([signal, machine.lost]);
  if (action.wait !== 'none' || action.script === null) {
    const answered = await waitForAnswer(action, booted, host, until);
    if (until.aborted) return stopped();
    if (!answered.ok) return { is: 'failed', failure: answered.error };
    if (action.wait === 'none') return { is: 'usable', seconds: null };
  }
  if (action.script === null) return { is: 'usable', seconds: seconds() };
  const asked = await askScript(action, booted, host, tools, until);
  if (until.aborted) return stopped();
  return asked.ok ? { is: 'usable', seconds: seconds() } : { is: 'failed', failure: asked.error };
}

/** Looks again and again; an aborted signal ends it without an answer. */
async function waitForAnswer(
  action: Drill,
  booted: Booted,
  host: DrillHost,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const { machine, startedAt } = booted;
  const endsAt = startedAt + action.timeoutSeconds * 1000;
  for (;;) {
    if (await answers(action, machine, host)) return ok(undefined);
    const up = await machine.isUp();
    if (!up.ok) return up;
    if (!up.value) {
      const message = 'The machine ended before it was usable: it shut down, or QEMU failed.';
      return fail({ code: 'drill-ended', message });
    }
    if (performance.now() >= endsAt) {
      return action.wait === 'none' ? ok(undefined) : fail(silent(action));
    }
    await sleep(lookMilliseconds, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return ok(undefined);
  }
}

async function answers(
  { wait, port }: Drill,
  machine: DrillMachine,
  host: DrillHost,
): Promise<boolean> {
  switch (wait) {
    case 'agent':
      return machine.agentAnswers();
    case 'port': {
      const all = await machine.addresses();
      const open = await Promise.all(all.map((address) => host.portAnswers(address, port ?? 0)));
      return open.includes(true);
    }
    case 'none':
      return false;
    default:
      return unreachable(wait);
  }
}

function silent({ wait, port, timeoutSeconds }: Drill): Failure {
  const who = wait === 'port' ? `Nothing listened on port ${port}` : 'Its agent did not answer';
  return { code: 'drill-silent', message: `${who} within ${timeoutSeconds} s.` };
}

/** Asks the host file's script; what it says on standard error is the reason. */
async function askScript(
  action: Drill,
  { machine, place, startedAt }: Booted,
  host: DrillHost,
  { drivers }: Tools,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const name = action.script ?? '';
  const command = drivers.drillScripts?.[name];
  if (command === undefined) {
    return fail({ code: 'drill-script', message: `The host file has no script ${name}.` });
  }
  const left = action.timeoutSeconds - (performance.now() - startedAt) / 1000;
  const facts = {
    formatVersion: 1,
    kind: 'drill',
    host: drivers.host,
    point: addressOf(action.domain.name, action.chain, action.sequence),
    domain: action.domain,
    machine: place.guest,
    network: action.network,
    addresses: await machine.addresses(),
  };
  const timeoutSeconds = Math.max(1, Math.ceil(left));
  const done = await host.runScript(command, facts, { timeoutSeconds, signal });
  if (done.ok) return done;
  return fail({ code: 'drill-script', message: `Script ${name}: ${done.error.message}.` });
}

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { runLoop } from '../agent/agent.ts';
import { Alarm, type Wake } from '../agent/alarm.ts';
import { CronWakes } from '../agent/cron-wakes.ts';
import { releaseMemory } from '../agent/release-memory.ts';
import { systemdService, Watchdog, type Service } from '../agent/service.ts';
import { FileWatch } from '../agent/watch-files.ts';
import { listenToEvents } from '../hypervisor/libvirt/events.ts';
import { addressOf } from '../model/address.ts';
import { agentModes, type AgentMode } from '../model/agent.ts';
import { millisecondsOf } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { HostFile } from '../policy/host-file.ts';
import { takeLock } from '../store/lock.ts';
import type { Lock } from '../store/store.ts';
import { AgentDesk, endOf, type RoundWatch } from './agent-desk.ts';
import { AgentLog, statusWords, workWords } from './agent-log.ts';
import type { AgentPages } from './agent-pages.ts';
import { AgentPublisher } from './agent-publisher.ts';
import { AgentSignals } from './agent-signals.ts';
import { complain, refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { writeTrouble } from './file-trouble.ts';
import { wholeNumber } from './history.ts';
import { hostFilePath, loadHost } from './host.ts';
import { sayPlan } from './print-plan.ts';
import { tellRun } from './run-plan.ts';
import { RunStage } from './stage.ts';

interface AgentOptions {
  readonly once?: boolean;
  readonly maxMode?: AgentMode;
  readonly interval?: number;
  readonly listen?: string;
}

/** `holdfast agent` */
export function defineAgent(command: Command, go: Go): void {
  command
    .option('--once', 'one round, then end: exit status as of apply')
    .addOption(
      new Option(
        '--max-mode <mode>',
        'never more than this, whatever policy and host file say',
      ).choices(agentModes),
    )
    .option(
      '--interval <seconds>',
      "a look at least so often (default: the host file's agent.interval)",
      wholeNumber,
    )
    .option(
      '--listen <address>',
      "tell /metrics and /status.json there (default: the host file's agent.listen)",
    )
    .addHelpText(
      'after',
      '\nIt looks at once, every few minutes, when something is due, when libvirt tells of a domain that came, went or crashed, when the policy changes, and on SIGHUP. SIGTERM ends it: a job that runs is ended and cleaned up.\n\nExamples:\n  holdfast agent\n  holdfast agent --max-mode additive --json\n  holdfast agent --listen 127.0.0.1:9170\n  holdfast agent --once',
    )
    .action(async (options: AgentOptions) => go(async (context) => runAgent(context, options)));
}

async function runAgent(context: Context, options: AgentOptions): Promise<ExitCode> {
  const host = loadHost(context);
  if (!host.ok) return refuse(context, host.error);
  const lock = await takeAgentLock(host.value.stateDir);
  if (!lock.ok) return refuse(context, lock.error);
  try {
    const { stateDir } = host.value;
    const deskOptions = { stateDir, maxMode: options.maxMode ?? null };
    const desk = AgentDesk.open(context, deskOptions, (message) => complain(context, message));
    return options.once === true
      ? await once(context, desk)
      : await forEver(context, host.value, options, desk);
  } finally {
    lock.value.release();
  }
}

/** One agent a host: two would wake each other, and each would take the other's runs for a person's. */
async function takeAgentLock(stateDir: string): Promise<Result<Lock, Refusal>> {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const message = `the state directory cannot be made: ${writeTrouble(error, stateDir)}`;
    return fail({ exit: 1, code: 'state-dir', message });
  }
  const lock = await takeLock(join(stateDir, 'agent.lock'), 'the agent of this host', 0);
  if (lock.ok) return ok(lock.value);
  const { code, message } = lock.error;
  return fail({ exit: code === 'locked' ? 6 : 1, code, message });
}

/** One round, told as `apply` tells it. */
async function once(context: Context, desk: AgentDesk): Promise<ExitCode> {
  using stage = new RunStage(context);
  const round = await desk.round([{ why: 'start', detail: null }], {
    admit: async ({ plan }) => {
      sayPlan(context, plan, { planFile: null, policy: null });
      return stage.open({ plan }, null);
    },
    lastLook: () => {},
    warn: (message) => complain(context, message),
    note: (message) => context.terminal.err(`${message}\n`),
  });
  if (!round.ok) return refuse(context, round.error);
  await using publisher = new AgentPublisher(context, {
    note: (message) => complain(context, message),
    tried: () => {},
  });
  publisher.take(round.value);
  await publisher.settled();
  return tellRun(context, round.value.session, round.value.result.round, stage);
}

/** Rounds until a signal comes. */
async function forEver(
  context: Context,
  host: HostFile,
  options: AgentOptions,
  desk: AgentDesk,
): Promise<ExitCode> {
  const log = new AgentLog(context);
  const opened = await openPages(options.listen ?? host.agent.listen, host);
  if (!opened.ok) return refuse(context, { exit: 64, ...opened.error });
  using pages = opened.value;
  const alarm = new Alarm();
  const ring = (why: Wake['why'], detail: string | null): void => alarm.ring({ why, detail });
  const service = systemdService(context.terminal.env);
  using watchdog = new Watchdog(service, context.clock.now);
  using signals = new AgentSignals(service, log, ring);
  using cron = new CronWakes((name) => ring('schedule', name));
  using files = new FileWatch((path) => ring('policy', path));
  using events = listenToEvents(host.uri, {
    onEvent: ({ name, what }) => ring('libvirt', `${addressOf(name)} ${what}`),
    onSilence: (why) => ring('libvirt', why),
  });
  const intervalSeconds = (): number =>
    options.interval ?? desk.intervalSeconds ?? host.agent.intervalSeconds;
  const mode = options.maxMode ?? host.agent.maxMode;
  log.say({ kind: 'agent-started', mode, intervalSeconds: intervalSeconds() });
  if (pages !== null) log.say({ kind: 'agent-listening', url: pages.url });
  service.tell('READY=1', 'STATUS=first look');
  const watch = watchOf({ service, log, alarm, watchdog, stop: signals.stop });
  await using publisher = new AgentPublisher(context, {
    note: watch.note,
    tried: (isTold) => pages?.told(isTold, context.clock.now()),
  });
  await runLoop(
    {
      now: context.clock.now,
      random: Math.random,
      intervalSeconds,
      round: async (wakes) => {
        log.say({ kind: 'agent-woke', wakes });
        const round = await desk.round(wakes, watch);
        pages?.take(round, context.clock.now());
        cron.set(desk.schedules);
        files.set([...desk.files, ...hostFiles(context)]);
        if (round.ok) publisher.take(round.value);
        if (round.ok) await desk.notify(round.value);
        watchdog.progress();
        return endOf(round);
      },
      waits: (nextAt) => {
        desk.sleeps(nextAt, watch.warn);
        void releaseMemory();
        watchdog.sleepsUntil(millisecondsOf(nextAt));
        if (desk.last === null) return;
        log.say({ kind: 'agent-round', round: desk.last, nextAt });
        service.tell('READY=1', `STATUS=${statusWords(desk.last, nextAt)}`);
      },
    },
    alarm,
    signals.stop,
  );
  events[Symbol.dispose]();
  await service.told();
  return 0;
}

/** Rounds are told in the log and to the service manager, and begin nothing once the agent is to stop. */
function watchOf({
  service,
  log,
  alarm,
  watchdog,
  stop,
}: {
  readonly service: Service;
  readonly log: AgentLog;
  readonly alarm: Alarm;
  readonly watchdog: Watchdog;
  readonly stop: AbortSignal;
}): RoundWatch {
  return {
    admit: async (planned, mode) => {
      if (stop.aborted) return null;
      const count = planned.plan.actions.length;
      if (count > 0) service.tell(`STATUS=${workWords(mode, count)}`);
      return log.stage(planned, mode !== 'observe', stop, watchdog.progress);
    },
    // Our own starts and stops of domains wake us too, and the closing look sees what they left.
    lastLook: () => alarm.forget('libvirt'),
    warn: (message) => log.say({ kind: 'agent-warning', message }),
    note: (message) => log.say({ kind: 'agent-note', message }),
  };
}

/** What is told over HTTP, where the command line or the host file says; null: nowhere. */
async function openPages(
  address: string | null,
  { agent }: HostFile,
): Promise<Result<AgentPages | null, Failure>> {
  if (address === null) return ok(null);
  // Loaded here: an agent that tells nothing counts nothing, and stays small.
  const { AgentPages: Pages } = await import('./agent-pages.ts');
  return Pages.open(address, agent.tokenFile);
}

/** The host file is read anew in each round. */
function hostFiles(context: Context): readonly string[] {
  return [resolve(context.terminal.cwd, hostFilePath(context))];
}

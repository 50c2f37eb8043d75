import { Option, type Command } from 'commander';
import type { DesiredState } from '../model/desired.ts';
import { instantOf, millisecondsOf, type Instant } from '../model/instant.ts';
import { ok, type Result } from '../model/result.ts';
import { renderSimulation } from '../reporter/simulate-text.ts';
import { localInstants, zoneOffset } from '../schedule/zone.ts';
import { simulate, type SimulationInput } from '../simulator/forecast/simulate.ts';
import { startFromNothing } from '../simulator/forecast/start-from-nothing.ts';
import { refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { wholeNumber } from './history.ts';
import { loadHost } from './host.ts';
import { loadPolicy, type LoadedPolicy } from './load-policy.ts';
import { printReport } from './print-report.ts';
import { readDays, readShare, readSize } from './simulate-options.ts';
import { desiredOfPolicyAlone } from './simulated-domains.ts';
import { readTime } from './time.ts';

interface SimulateOptions {
  readonly for: number;
  readonly from?: 'observed' | 'nothing';
  readonly start?: string;
  readonly change?: number;
  readonly growth: number;
  readonly disk: number;
  readonly count: number;
  readonly everyDay?: boolean;
}

const defaultDiskBytes = 20 * 1024 ** 3;

/** `holdfast simulate` */
export function defineSimulate(command: Command, go: Go): void {
  command
    .addOption(
      new Option('--for <span>', 'how long: 90d, 52w, 10y')
        .argParser(readDays)
        .default(365, '365d'),
    )
    .addOption(
      new Option('--from <what>', 'what there is at the start').choices(['observed', 'nothing']),
    )
    .option('--start <time>', 'when it begins')
    .option('--change <percent>', 'how much of a disk changes in a day', readShare)
    .addOption(
      new Option('--growth <percent>', 'how much disks grow in a year')
        .argParser(readShare)
        .default(0, '0%'),
    )
    .addOption(
      new Option('--disk <size>', 'from nothing: data of a disk')
        .argParser(readSize)
        .default(defaultDiskBytes, '20GiB'),
    )
    .addOption(
      new Option('--count <n>', 'from nothing: domains for each pattern')
        .argParser(wholeNumber)
        .default(1),
    )
    .option('--every-day', 'list every backup and deletion')
    .action(async (options: SimulateOptions) =>
      go(async (context) => runSimulate(context, options)),
    );
}

async function runSimulate(context: Context, options: SimulateOptions): Promise<ExitCode> {
  const host = loadHost(context);
  if (!host.ok) return refuse(context, host.error);
  const policy = await loadPolicy(context, host.value);
  if (!policy.ok) return refuse(context, policy.error);
  const input = inputFromNothing(context, policy.value, options);
  if (!input.ok) return refuse(context, input.error);
  printReport(context, 'simulation', simulate(input.value), renderSimulation);
  return 0;
}

function inputFromNothing(
  context: Context,
  policy: LoadedPolicy,
  options: SimulateOptions,
): Result<SimulationInput, Refusal> {
  const start = startOf(options.start, policy.timezone, context.clock.now());
  if (!start.ok) return start;
  const { desired, jitterLeftOut } = withoutJitter(desiredOfPolicyAlone(policy, options.count));
  const world = startFromNothing(desired, start.value, options.disk);
  const domains = world.observed.hypervisor.seen ? world.observed.hypervisor.value.domains : [];
  return ok({
    world,
    endAt: daysLater(start.value, options.for, policy.timezone),
    changePerDay: options.change ?? null,
    growthPerYear: options.growth,
    disks: new Map(
      domains.map(({ uuid, disks }) => [
        uuid,
        new Map(disks.map(({ target }) => [target, options.disk])),
      ]),
    ),
    room: new Map(),
    listEvents: options.everyDay === true,
    told: {
      host: null,
      from: 'nothing',
      remarks: [],
      diskBytes: options.disk,
      perPattern: options.count,
      jitterLeftOut,
    },
  });
}

function withoutJitter(desired: DesiredState): {
  readonly desired: DesiredState;
  readonly jitterLeftOut: boolean;
} {
  const domains = desired.domains.map((domain) => ({
    ...domain,
    schedule: { ...domain.schedule, jitterSeconds: 0 },
  }));
  return {
    desired: { ...desired, domains },
    jitterLeftOut: desired.domains.some(({ schedule }) => schedule.jitterSeconds > 0),
  };
}

/** When it begins: a date alone is its first second; without any, today's first second. */
function startOf(
  text: string | undefined,
  timezone: string,
  nowMs: number,
): Result<Instant, Refusal> {
  const today = instantOf(nowMs + zoneOffset(nowMs, timezone)).slice(0, 10);
  const given = text ?? today;
  return readTime(/^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given} 00:00` : given, timezone);
}

/** The same time of the clock so many days later. */
function daysLater(at: Instant, days: number, timezone: string): Instant {
  const ms = millisecondsOf(at);
  const local = ms + zoneOffset(ms, timezone) + days * 86_400_000;
  const found = localInstants(local, timezone);
  return instantOf(
    found.kind === 'once' ? found.at : found.kind === 'twice' ? found.first : found.gapEnd,
  );
}

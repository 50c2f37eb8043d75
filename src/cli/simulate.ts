import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { fail, ok, type Result } from '../model/result.ts';
import type { SimulationReport } from '../model/simulation.ts';
import type { HostFile } from '../policy/host-file.ts';
import { renderComparison } from '../reporter/simulate-compare.ts';
import { renderSimulationSvg } from '../reporter/simulate-svg.ts';
import { renderSimulation } from '../reporter/simulate-text.ts';
import { compareSimulations } from '../simulator/forecast/compare.ts';
import { simulate } from '../simulator/forecast/simulate.ts';
import { refuse, say, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { writeTrouble } from './file-trouble.ts';
import { wholeNumber } from './history.ts';
import { loadHost } from './host.ts';
import { loadPolicy } from './load-policy.ts';
import { usage } from './plan-options.ts';
import { printReport } from './print-report.ts';
import {
  defaultDiskBytes,
  readDays,
  readShare,
  readSize,
  type SimulateOptions,
} from './simulate-options.ts';
import { simulationInput, type Beginning } from './simulated-start.ts';

const examples = `
Without --from it begins with what this host shows, or from nothing where that cannot be seen; the output says which.

Examples:
  holdfast simulate --policy policy.yaml --from nothing --start 2026-01-01
  holdfast simulate --observed observed.json --for 10y --svg storage.svg
  holdfast simulate --for 365d --compare proposed.yaml
  holdfast simulate --for 30d --every-day --change 5% --growth 10%`;

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
    .option('--observed <file>', 'begin with a saved observation: needs no host')
    .option('--start <time>', 'when it begins (default: the observation, or today)')
    .option(
      '--change <percent>',
      "what changes in a day (default: each domain's history, or 2%)",
      readShare,
    )
    .addOption(
      new Option('--growth <percent>', 'what disks grow in a year')
        .argParser(readShare)
        .default(0, '0%'),
    )
    .addOption(
      new Option('--disk <size>', 'data of a disk of which nothing is known')
        .argParser(readSize)
        .default(defaultDiskBytes, '20GiB'),
    )
    .addOption(
      new Option('--count <n>', 'from nothing: domains for each pattern')
        .argParser(wholeNumber)
        .default(1),
    )
    .option('--compare <policy>', 'the same with another policy, and what differs')
    .option('--every-day', 'list every backup and deletion')
    .option('--svg <file>', 'write the plot to a file')
    .addHelpText('after', examples)
    .action(async (options: SimulateOptions) =>
      go(async (context) => runSimulate(context, options)),
    );
}

async function runSimulate(context: Context, options: SimulateOptions): Promise<ExitCode> {
  const host = loadHost(context);
  if (!host.ok) return refuse(context, host.error);
  const beginning = await beginningOf(context, options);
  if (!beginning.ok) return refuse(context, beginning.error);
  const own = await simulated(context, host.value, beginning.value, options);
  if (!own.ok) return refuse(context, own.error);
  const { compare } = options;
  const reports = [own.value];
  if (compare !== undefined) {
    const named = { ...context, globals: { ...context.globals, policy: compare } };
    const other = await simulated(named, host.value, beginning.value, options);
    if (!other.ok) return refuse(context, other.error);
    reports.push(other.value);
  }
  if (options.svg !== undefined) {
    const saved = saveSvg(context, reports, options.svg);
    if (!saved.ok) return refuse(context, saved.error);
  }
  const [, other] = reports;
  if (other === undefined) printReport(context, 'simulation', own.value, renderSimulation);
  else {
    const comparison = compareSimulations(own.value, other);
    printReport(context, 'simulation-comparison', comparison, renderComparison);
  }
  return 0;
}

async function simulated(
  context: Context,
  host: HostFile,
  beginning: Beginning,
  options: SimulateOptions,
): Promise<Result<SimulationReport, Refusal>> {
  const policy = await loadPolicy(context, host);
  if (!policy.ok) return policy;
  const input = simulationInput(policy.value, beginning, options);
  return input.ok ? ok(simulate(input.value)) : input;
}

/** What it begins with: what was asked for; else this host, if it can be seen. */
async function beginningOf(
  context: Context,
  { from, observed: file }: SimulateOptions,
): Promise<Result<Beginning, Refusal>> {
  const nothing: Beginning = { from: 'nothing', nowMs: context.clock.now() };
  if (file !== undefined) {
    if (from === 'nothing')
      return usage('nothing-observed', '--observed FILE and --from nothing exclude each other');
    // Loaded here: its checker is large, and only files need it.
    const { readObserved } = await import('./read-observed.ts');
    const observed = await readObserved(context, file);
    return observed.ok ? ok({ from: 'observed', observed: observed.value }) : observed;
  }
  if (from === 'nothing') return ok(nothing);
  // Loaded here: from nothing or a file, no libvirt is needed.
  const { openSession } = await import('./session.ts');
  const session = await openSession(context);
  if (!session.ok) return session;
  const observed = await session.value.lookHere();
  const missing = unseenOf(observed);
  if (from === 'observed' || missing === null) return ok({ from: 'observed', observed });
  say(context, `Not observed, so it begins from nothing: ${missing}`);
  return ok(nothing);
}

function unseenOf({ hypervisor, stores }: Extract<Beginning, { from: 'observed' }>['observed']) {
  if (!hypervisor.seen) return hypervisor.failure.message;
  const failures = stores.flatMap(({ state }) => (state.kind === 'unseen' ? [state.failure] : []));
  return failures[0]?.message ?? null;
}

function saveSvg(
  context: Context,
  reports: readonly SimulationReport[],
  file: string,
): Result<void, Refusal> {
  const path = resolve(context.terminal.cwd, file);
  try {
    writeFileSync(path, renderSimulationSvg(reports));
    return ok(undefined);
  } catch (error) {
    const message = `${file} was not written: ${writeTrouble(error, path)}`;
    return fail({ exit: 1, code: 'not-saved', message });
  }
}

import { Option, type Command } from 'commander';
import { checkPoint } from '../executor/check-point.ts';
import { realFileChecks } from '../executor/file-checks.ts';
import { addressOf, parseAddress } from '../model/address.ts';
import { instantOf } from '../model/instant.ts';
import type { PointFault } from '../model/observed-store.ts';
import type { VerifiedPoint, VerifyReport } from '../model/report.ts';
import { ok, type Result } from '../model/result.ts';
import { depths, type Depth } from '../model/verification.ts';
import { renderVerify } from '../reporter/verify.ts';
import { openStore } from '../store/open.ts';
import { complain, type Context, type Go, type Refusal, refuse, say } from './context.ts';
import type { ExitCode } from './exit.ts';
import { Interrupt } from './interrupt.ts';
import { printReport } from './print-report.ts';
import { resolveAddress, type Place } from './resolve-address.ts';
import { openSession, type Session } from './session.ts';
import { verifyCopies } from './verify-copies.ts';
import { knownFault } from './verify-point.ts';

// `apply` takes the store's lock for a rename or two; longer than this something is wrong.
const lockWaitSeconds = 10;

interface VerifyOptions {
  readonly depth: Depth;
  readonly store?: string;
}

/** `holdfast verify ADDR` */
export function defineVerify(command: Command, go: Go): void {
  command
    .argument('<addr>', 'a domain (all its points), a chain, or a point with all that it stands on')
    .addOption(
      new Option(
        '--depth <depth>',
        'structure: manifests, sizes, qemu-img check; hash: every byte; replay: every disk through its chain too',
      )
        .choices(depths)
        .default('hash'),
    )
    .option('--store <dir>', 'take points from this store; no policy is needed')
    .addHelpText(
      'after',
      '\nA damaged point is quarantined: it counts as a point no more, and is not deleted.\nA later check of every byte that finds it sound takes the mark away.\nCopies at a mirror are read there, and marked there in the same way.\n\nExamples:\n  holdfast verify domain/web01\n  holdfast verify domain/web01/20261122T02/0003 --depth structure\n  holdfast verify nas:domain/web01',
    )
    .action(async (address: string, options: VerifyOptions) =>
      go(async (context) => runVerify(context, address, options)),
    );
}

async function runVerify(
  context: Context,
  text: string,
  { depth, store }: VerifyOptions,
): Promise<ExitCode> {
  const session = await openSession(context, store);
  if (!session.ok) return refuse(context, session.error);
  using interrupt = new Interrupt(context);
  const began = performance.now();
  const mirror = parseAddress(text)?.mirror ?? null;
  const verified =
    mirror === null
      ? await verifyHere(context, session.value, text, depth, interrupt.signal)
      : await verifyCopies(context, session.value, { mirror, text, depth }, interrupt.signal);
  if (!verified.ok) return refuse(context, verified.error);
  const points = verified.value;
  if (interrupt.by !== null) return interrupt.by === 'SIGINT' ? 130 : 143;
  const report: VerifyReport = {
    formatVersion: 1,
    host: session.value.hostName,
    at: instantOf(context.clock.now()),
    timezone: session.value.policy.timezone,
    depth,
    points,
    seconds: (performance.now() - began) / 1000,
  };
  printReport(context, 'verify', report, renderVerify);
  if (points.some(({ result }) => result === 'faulty')) return 1;
  return points.some(({ result }) => result === 'unseen') ? 9 : 0;
}

async function verifyHere(
  context: Context,
  session: Session,
  text: string,
  depth: Depth,
  signal: AbortSignal,
): Promise<Result<readonly VerifiedPoint[], Refusal>> {
  const places = resolveAddress(await session.lookAtStores(), text);
  if (!places.ok) return places;
  const points: VerifiedPoint[] = [];
  for (const place of places.value) {
    if (signal.aborted) break;
    points.push(...(await verifyPlace(context, place, depth, signal)));
  }
  return ok(points);
}

/** Verifies the points of a chain; of one point also those below it, which it needs. */
async function verifyPlace(
  context: Context,
  { store: ref, directory, chain, point: wanted }: Place,
  depth: Depth,
  signal: AbortSignal,
): Promise<readonly VerifiedPoint[]> {
  const store = openStore(ref);
  const read = store.ok ? store.value.readChain(directory.directory, chain.id) : store;
  const verified: VerifiedPoint[] = [];
  for (const point of chain.points) {
    if (signal.aborted || (wanted !== null && point.sequence > wanted.sequence)) break;
    const address = addressOf(directory.name, chain.id, point.sequence);
    const facts = {
      address,
      chain: chain.id,
      point: point.id,
      frozenAt: point.at,
      bytes: point.bytes,
    };
    say(context, `checking ${address}`);
    const found = read.ok
      ? read.value.find(({ manifest }) => manifest.point === point.id)
      : undefined;
    const isMarked = mayBeLifted(point.fault, depth, verified);
    if (!store.ok || !read.ok || found === undefined || (point.fault !== undefined && !isMarked)) {
      const failure = read.ok ? knownFault(address, point.fault ?? 'manifest-missing') : read.error;
      verified.push({ ...facts, result: read.ok ? 'faulty' : 'unseen', failures: [failure] });
      continue;
    }
    const { result, findings, noted } = await checkPoint(store.value, found, depth, {
      checks: realFileChecks,
      signal,
      lockWaitSeconds,
      now: () => instantOf(context.clock.now()),
    });
    if (!noted.ok) complain(context, `${address}: ${noted.error.message}`);
    const failures = findings.map(({ code, message }) => ({ code, message }));
    verified.push({ ...facts, result, failures });
  }
  return verified;
}

/**
 * Whether a faulty point is checked all the same: its files are there, and
 * every byte of them may prove the mark of an earlier check wrong. What stands
 * on such a point is only as faulty as that one.
 */
function mayBeLifted(
  fault: PointFault | undefined,
  depth: Depth,
  below: readonly VerifiedPoint[],
): boolean {
  if (depth === 'structure') return false;
  return (
    fault === 'quarantined' ||
    (fault === 'parent-faulty' && below.every(({ result }) => result === 'sound'))
  );
}

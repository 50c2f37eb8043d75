import { domainIn } from './domain-in.ts';
import type { DomainUuid, RunId } from './identity.ts';
import type {
  LeftFile,
  ObservedDomain,
  ObservedHypervisor,
  ObservedRun,
  OpenIntent,
} from './observed.ts';
import { type Seen, unreachable } from './result.ts';
import { unseenChain } from './unseen-chain.ts';

/**
 * What a run that died may leave, how it is seen, and which action undoes it:
 * one answer for each kind of intent, for the observer (which paths to look
 * at), the planner (which repair to show) and the executor (which intents of
 * dead runs have nothing left and are closed). docs/decisions/0013.
 */
export type Leftover =
  /** Nothing is left, or a person has taken it over: the intent may be closed. */
  | { readonly is: 'gone' }
  /** Something is, or may be, left and cannot be undone now. */
  | { readonly is: 'withheld' }
  | {
      readonly is: 'left';
      readonly undo:
        | 'thaw-domain'
        | 'abort-job'
        | 'restore-power-state'
        | 'put-back'
        | 'discard-files'
        | 'end-drill';
      /** What `discard-files` and `end-drill` remove. */
      readonly files: readonly LeftFile[];
    };

type BackupJob = Extract<OpenIntent, { kind: 'backup-job' }>;
type RestoreFiles = Extract<OpenIntent, { kind: 'restore-files' }>;
type DrillIntent = Extract<OpenIntent, { kind: 'drill' }>;

/** An open intent of a dead run, judged. */
export interface Left {
  readonly run: ObservedRun;
  readonly intent: OpenIntent;
  /** The intent's domain; null: it is gone. */
  readonly domain: Seen<ObservedDomain | null>;
  readonly leftover: Leftover;
}

/** Judges every open intent of dead runs. */
export function leftOf(
  runs: readonly ObservedRun[],
  hypervisor: Seen<ObservedHypervisor>,
): readonly Left[] {
  if (runs.length === 0) return [];
  const images = hypervisor.seen ? imagesOf(hypervisor.value) : null;
  return runs.flatMap((run) =>
    run.open.map((intent) => {
      const domain = domainIn(hypervisor, intent.uuid);
      const guest = intent.kind === 'drill' ? domainIn(hypervisor, intent.guest.uuid) : domain;
      const leftover = leftoverOf(run, intent, { domain, guest, images });
      return { run, intent, domain, leftover };
    }),
  );
}

/** What a look shows of the world around an intent. */
interface Surroundings {
  readonly domain: Seen<ObservedDomain | null>;
  /** The machine of a drill; else the domain. */
  readonly guest: Seen<ObservedDomain | null>;
  /** Files that definitions refer to; null when those of some domain are not known. */
  readonly images: ReadonlySet<string> | null;
}

const gone: Leftover = { is: 'gone' };
const withheld: Leftover = { is: 'withheld' };
const left = (undo: Extract<Leftover, { is: 'left' }>['undo']): Leftover => ({
  is: 'left',
  undo,
  files: [],
});

function leftoverOf(run: ObservedRun, intent: OpenIntent, around: Surroundings): Leftover {
  const { domain } = around;
  switch (intent.kind) {
    case 'frozen-domain':
      // Unseen it may be frozen, and a thaw too many harms nothing (I10).
      return !domain.seen || isUp(domain.value) ? left('thaw-domain') : gone;
    case 'started-domain':
      if (!domain.seen) return withheld;
      if (!isStillOurs(domain.value, intent.runningId)) return gone;
      // Stopped now, another program's job would end with it (I7): that one ends it first.
      return hasOthersJob(domain.value, run.run) ? withheld : left('restore-power-state');
    case 'backup-job':
      if (!domain.seen) return withheld;
      if (domain.value?.job?.run === run.run) return left('abort-job');
      // A job of no run that is known may be ours under a name that nobody knows any more; another dead run's has files of its own.
      if (domain.value?.job?.run === null) return withheld;
      return discardable(run, ownPaths(run.run, intent));
    case 'restore-swap':
      if (!leftPaths(run.run, intent).some((each) => run.files.some(({ path }) => path === each))) {
        return gone;
      }
      // What runs has its images open: exchanging them would lose what the guest wrote.
      return !domain.seen || isUp(domain.value) ? withheld : left('put-back');
    case 'device-write':
      // Nothing undoes it: only another restore, or whoever knows better.
      return !domain.seen || mayUse(domain.value, intent.devices) ? withheld : gone;
    case 'restore-files':
      return around.images === null ? withheld : unusedOf(run, intent, around.images);
    case 'drill':
      return drillLeft(run, intent, around.guest);
    default:
      return unreachable(intent);
  }
}

/** What of a restore's files no definition refers to: what one does refer to is that domain's now (G213). */
function unusedOf(run: ObservedRun, intent: RestoreFiles, images: ReadonlySet<string>): Leftover {
  const sockets = intent.instant?.sockets;
  // A domain that stands on the overlays needs the servers, as after a restore that was finished.
  const served = placesOf(intent).some((place) => images.has(place));
  const used = [...images];
  const paths = ownPaths(run.run, intent).filter(
    (path) =>
      !(served && path === sockets) &&
      !used.some((image) => image === path || image.startsWith(`${path}/`)),
  );
  return discardable(run, paths);
}

/** A drill's machine that is still up, or what it stood on: nobody else uses either. */
function drillLeft(
  { files }: ObservedRun,
  intent: DrillIntent,
  guest: Seen<ObservedDomain | null>,
): Leftover {
  if (!guest.seen) return withheld;
  const own = files.filter(({ path }) => intent.paths.includes(path));
  if (guest.value === null && own.length === 0) return gone;
  return { is: 'left', undo: 'end-drill', files: own };
}

function discardable(run: ObservedRun, paths: readonly string[]): Leftover {
  const files = run.files.filter(({ path }) => paths.includes(path));
  return files.length === 0 ? gone : { is: 'left', undo: 'discard-files', files };
}

/** Paths, of those that an intent names, at which a dead run may have left something. */
export function leftPaths(run: RunId, intent: OpenIntent): readonly string[] {
  switch (intent.kind) {
    case 'started-domain':
    case 'frozen-domain':
    case 'device-write':
      return [];
    case 'restore-swap':
      return intent.swaps.flatMap(({ aside }) => aside ?? []);
    case 'backup-job':
      return ownPaths(run, intent);
    case 'restore-files':
      return [...ownPaths(run, intent), ...placesOf(intent)];
    case 'drill':
      return intent.paths;
    default:
      return unreachable(intent);
  }
}

/** Where a restore puts files in places that were empty. */
export function placesOf({ files }: RestoreFiles): readonly string[] {
  return files.flatMap(({ place }) => place ?? []);
}

/** What a dead run made for itself alone: files or directories whose own name carries the run. */
export function ownPaths(run: RunId, intent: BackupJob | RestoreFiles): readonly string[] {
  const named =
    intent.kind === 'backup-job'
      ? [intent.socket, ...intent.scratch]
      : [
          ...intent.files.map(({ path }) => path),
          ...(intent.instant === null ? [] : [intent.instant.sockets]),
        ];
  return [...new Set(named.flatMap((path) => rootOf(run, path) ?? []))];
}

/** A path cut behind the name that carries the run: the job's own directory, or the file itself. */
function rootOf(run: RunId, path: string): string | null {
  const at = path.indexOf(run);
  if (at === -1) return null;
  const end = path.indexOf('/', at);
  return end === -1 ? path : path.slice(0, end);
}

/** Files that definitions refer to; null when those of some domain are not known. */
export function imagesOf({
  domains,
  unseenDomains,
}: ObservedHypervisor): ReadonlySet<string> | null {
  if (unseenDomains.length > 0 || domains.some((one) => unseenChain(one) !== null)) return null;
  return new Set(domains.flatMap(filesOf));
}

/** Files that a domain's definition refers to, as far as they were seen: images with what they stand on, UEFI variables. */
export function filesOf({ disks, nvram }: ObservedDomain): readonly string[] {
  const images = disks.flatMap((disk) => (disk.images.seen ? disk.images.value : []));
  return [...images.map(({ identity }) => identity.path), ...(nvram === null ? [] : [nvram])];
}

/** The backup jobs that dead runs began: how libvirt's are recognised as theirs. */
export function jobsOfRuns(
  runs: readonly ObservedRun[],
): readonly { readonly run: RunId; readonly uuid: DomainUuid; readonly socket: string }[] {
  return runs.flatMap(({ run, open }) =>
    open.flatMap((intent) =>
      intent.kind === 'backup-job' ? [{ run, uuid: intent.uuid, socket: intent.socket }] : [],
    ),
  );
}

/** Whether a domain stands on one of some paths, as far as its images are known. */
function mayUse(domain: ObservedDomain | null, paths: readonly string[]): boolean {
  if (domain === null) return false;
  return unseenChain(domain) !== null || filesOf(domain).some((file) => paths.includes(file));
}

function isUp(domain: ObservedDomain | null): boolean {
  return domain !== null && domain.state !== 'off' && domain.state !== 'crashed';
}

/** Whether a job on a domain is none of a run's own; of one whose name nobody knows it may be. */
function hasOthersJob(domain: ObservedDomain | null, run: RunId): boolean {
  const job = domain?.job ?? null;
  return job !== null && job.run !== run;
}

/** Whether a domain is the one that a run started, and nobody resumed it since. */
function isStillOurs(domain: ObservedDomain | null, runningId: number | null): boolean {
  if (domain?.state !== 'paused') return false;
  return runningId === null || runningId === domain.runningId;
}

import type { DomainUuid } from '../../model/identity.ts';
import type { ObservedDisk, ObservedDomain, ObservedHypervisor } from '../../model/observed.ts';
import { seen, type Seen } from '../../model/result.ts';
import type { KnownJob } from '../hypervisor.ts';
import { Asker } from './ask-groups.ts';
import { atMost } from './at-most.ts';
import { readStableIds, type StableIds } from './block-device.ts';
import { askSecond, type Details } from './details.ts';
import { observeDisk } from './disk-images.ts';
import { askFirst, type Known, type Part } from './known.ts';
import { listDomains, type Listed } from './listed.ts';
import type { VirshPool } from './virsh-pool.ts';
import { noAnswer } from './virsh.ts';

// The kernel serves many small reads at once; more than this only fills memory.
const filesAtOnce = 16;

/**
 * Everything that libvirt and the image files say, in one virsh process
 * whatever the number of domains (a second one beside it was no faster). A domain that vanished between list and
 * look is not listed; one that could not be read is in `unseenDomains`.
 */
export async function observeLibvirt(
  uri: string,
  pool: VirshPool,
  jobs: readonly KnownJob[],
  runDir: string,
  only?: DomainUuid,
): Promise<Seen<ObservedHypervisor>> {
  const asker = new Asker(pool);
  try {
    return await observeWith(asker, uri, jobs, runDir, only);
  } finally {
    asker.leave();
  }
}

/** One domain, or why it could not be read. */
interface Outcome {
  readonly listed: Listed;
  readonly part: Part<ObservedDomain>;
}

async function observeWith(
  asker: Asker,
  uri: string,
  jobs: readonly KnownJob[],
  runDir: string,
  only?: DomainUuid,
): Promise<Seen<ObservedHypervisor>> {
  const first = await round(asker, jobs, runDir, only === undefined ? null : new Set([only]));
  if (!first.seen) return first;
  const changed = first.value.outcomes.filter(({ part }) => hasChanged(part));
  // Started or stopped between two questions: a second look at those, and only one.
  const again =
    changed.length === 0
      ? null
      : await round(asker, jobs, runDir, new Set(changed.map(({ listed }) => listed.uuid)));
  if (again !== null && !again.seen) return again;
  const outcomes = [
    ...first.value.outcomes.filter((outcome) => !changed.includes(outcome)),
    ...(again?.value.outcomes ?? []),
  ];
  return seen({
    kind: 'libvirt',
    uri,
    version: first.value.version,
    domains: outcomes.flatMap(({ part }) => ('known' in part ? [part.known] : [])),
    unseenDomains: outcomes.flatMap(({ listed, part }) =>
      'known' in part || part.failure.code === 'domain-gone'
        ? []
        : [{ uuid: listed.uuid, name: listed.name, ...part.failure }],
    ),
  });
}

const hasChanged = (part: Part<ObservedDomain>): boolean =>
  'failure' in part &&
  (part.failure.code === 'changed-meanwhile' || part.failure.code === 'domain-off');

/** One pass over all domains, or over some. */
async function round(
  asker: Asker,
  jobs: readonly KnownJob[],
  runDir: string,
  only: ReadonlySet<DomainUuid> | null,
): Promise<Seen<{ readonly version: string; readonly outcomes: readonly Outcome[] }>> {
  const lists = await listDomains(asker, only === null);
  if (!lists.seen) return lists;
  const listed = lists.value.domains.filter(({ uuid }) => only === null || only.has(uuid));
  const { disksOf, look } = diskLooker();
  // Files are read while virsh answers on the next domains: neither needs the other.
  const first = await askFirst(asker, listed, look);
  const known = [...first.values()].flatMap((part) => ('known' in part ? [part.known] : []));
  const second = await askSecond(asker, known, jobs, runDir);
  const outcomes: Outcome[] = [];
  for (const domain of listed) {
    const part = first.get(domain);
    if (part === undefined || 'failure' in part) {
      outcomes.push({ listed: domain, part: part ?? { failure: noAnswer } });
    } else {
      const disks = await disksOf.get(part.known);
      outcomes.push({ listed: domain, part: joined(part.known, second.get(part.known), disks) });
    }
  }
  return seen({ version: lists.value.version, outcomes });
}

/** Begins to look at the disks of a domain as soon as it is told of it. */
function diskLooker(): {
  readonly look: (known: Known) => void;
  readonly disksOf: ReadonlyMap<Known, Promise<readonly ObservedDisk[]>>;
} {
  const inTurn = atMost(filesAtOnce);
  const disksOf = new Map<Known, Promise<readonly ObservedDisk[]>>();
  let stableIds: Promise<StableIds> | null = null;
  const observeDisks = async ({ defined }: Known): Promise<readonly ObservedDisk[]> => {
    if (defined.disks.some(({ source }) => source.kind === 'block')) stableIds ??= readStableIds();
    const ids = (await stableIds) ?? new Map();
    const observed: ObservedDisk[] = [];
    for (const disk of defined.disks)
      observed.push(await observeDisk(disk, defined.runningId === null, ids));
    return observed;
  };
  return {
    disksOf,
    look: (known) =>
      void disksOf.set(
        known,
        inTurn(() => observeDisks(known)),
      ),
  };
}

function joined(
  known: Known,
  answers: Details | undefined,
  disks: readonly ObservedDisk[] = [],
): Part<ObservedDomain> {
  const { listed, defined, power } = known;
  if (answers === undefined || answers.failure !== null) {
    return { failure: answers?.failure ?? noAnswer };
  }
  return {
    known: {
      uuid: listed.uuid,
      name: defined.name,
      persistent: listed.persistent,
      state: power.state,
      stateReason: power.reason,
      runningId: defined.runningId,
      managedSave: listed.managedSave,
      agent: defined.agent,
      disks: disks.map((disk) => ({
        ...disk,
        sizeBytes: disk.sizeBytes ?? answers.capacities.get(disk.target) ?? null,
      })),
      internalSnapshots: known.snapshots,
      job: answers.job,
      blockJobs: defined.disks
        .filter((disk) => disk.mirrored || answers.blockJobs.includes(disk.target))
        .map((disk) => disk.target),
      checkpoints: answers.checkpoints,
      nvram: defined.nvram,
      tpm: defined.tpm,
      definitionDigest: known.digest,
    },
  };
}

import type { DomainUuid } from '../../model/identity.ts';
import type { ObservedDisk, ObservedDomain, ObservedHypervisor } from '../../model/observed.ts';
import { seen, type Seen } from '../../model/result.ts';
import type { KnownJob } from '../hypervisor.ts';
import { Asker } from './ask-groups.ts';
import { readStableIds, type StableIds } from './block-device.ts';
import { askSecond, type Details } from './details.ts';
import { observeDisk } from './disk-images.ts';
import { askFirst, type Known, type Part } from './known.ts';
import { listDomains, type Listed } from './listed.ts';
import { mapLimited } from './map-limited.ts';
import type { VirshSession } from './virsh.ts';

// The kernel serves many small reads at once; more than this only fills memory.
const filesAtOnce = 16;

/**
 * Everything that libvirt and the image files say, in one virsh process
 * whatever the number of domains. A domain that vanished between list and
 * look is not listed; one that could not be read is in `unseenDomains`.
 */
export async function observeLibvirt(
  uri: string,
  open: () => VirshSession,
  jobs: readonly KnownJob[],
  only?: DomainUuid,
): Promise<Seen<ObservedHypervisor>> {
  const asker = new Asker(open);
  try {
    return await observeWith(asker, uri, jobs, only);
  } finally {
    await asker.close();
  }
}

async function observeWith(
  asker: Asker,
  uri: string,
  jobs: readonly KnownJob[],
  only?: DomainUuid,
): Promise<Seen<ObservedHypervisor>> {
  const lists = await listDomains(asker);
  if (!lists.seen) return lists;
  const listed = lists.value.domains.filter((domain) => only === undefined || domain.uuid === only);
  const first = await askFirst(asker, listed);
  const known = first.flatMap((part) => ('known' in part.part ? [part.part.known] : []));
  const second = await askSecond(asker, known, jobs);
  const stableIds = known.some((one) =>
    one.defined.disks.some((disk) => disk.source.kind === 'block'),
  )
    ? await readStableIds()
    : new Map<number, string>();
  const domains = await mapLimited(known, filesAtOnce, (one) =>
    joined(one, second.get(one), stableIds),
  );
  const failed = [
    ...first.flatMap(({ listed: of, part }) =>
      'failure' in part ? [{ of, failure: part.failure }] : [],
    ),
    ...domains.flatMap((one) =>
      'failure' in one.part ? [{ of: one.listed, failure: one.part.failure }] : [],
    ),
  ];
  return seen({
    kind: 'libvirt',
    uri,
    version: lists.value.version,
    domains: domains.flatMap(({ part }) => ('known' in part ? [part.known] : [])),
    unseenDomains: failed
      .filter(({ failure }) => failure.code !== 'domain-gone')
      .map(({ of, failure }) => ({ uuid: of.uuid, name: of.name, ...failure })),
  });
}

async function joined(
  known: Known,
  answers: Details | undefined,
  stableIds: StableIds,
): Promise<{ readonly listed: Listed; readonly part: Part<ObservedDomain> }> {
  const { listed, defined, state } = known;
  if (answers === undefined || answers.failure !== null) {
    return {
      listed,
      part: { failure: answers?.failure ?? { code: 'no-answer', message: 'virsh did not answer' } },
    };
  }
  const off = defined.runningId === null;
  const disks: ObservedDisk[] = [];
  for (const disk of defined.disks) {
    const observed = await observeDisk(disk, off, stableIds);
    disks.push({
      ...observed,
      sizeBytes: observed.sizeBytes ?? answers.capacities.get(disk.target) ?? null,
    });
  }
  return {
    listed,
    part: {
      known: {
        uuid: listed.uuid,
        name: defined.name,
        persistent: listed.persistent,
        state: state.state,
        stateReason: state.reason,
        runningId: defined.runningId,
        managedSave: listed.managedSave,
        agent: defined.agent,
        disks,
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
    },
  };
}

import type { OpenPoint } from '../hypervisor/hypervisor.ts';
import type { Backup } from '../model/backup-action.ts';
import type { ObservedDomain } from '../model/observed.ts';
import type { Manifest, ManifestDisk, ManifestFile } from '../model/point.ts';
import type { Tools } from './tools.ts';

/** What was made of a point, for its manifest. */
export interface TakenPoint {
  readonly look: ObservedDomain;
  readonly open: OpenPoint;
  readonly disks: readonly ManifestDisk[];
  readonly files: readonly ManifestFile[];
}

/** The manifest: ids of the plan, instants and digests of what really was. */
export function manifestOf(action: Backup, taken: TakenPoint, tools: Tools): Manifest {
  const { plan, drivers, hypervisor } = tools;
  return {
    formatVersion: 1,
    store: action.store.id,
    domain: action.domain,
    chain: action.chain,
    point: action.point,
    parent: action.parent?.point ?? null,
    sequence: action.sequence,
    level: action.level,
    frozenAt: taken.open.frozenAt,
    publishedAt: drivers.clock(),
    tool: drivers.tool,
    policy: { digest: plan.policy.digest, commit: plan.policy.commit },
    hypervisor: { ...hypervisor, host: drivers.host },
    power: action.power,
    quiesce: taken.open.quiesce,
    checkpoint: action.checkpoint,
    definitionDigest: taken.look.definitionDigest,
    disks: taken.disks,
    excluded: action.excluded,
    files: taken.files,
    note: action.note,
  };
}

import type { KnownJob } from '../hypervisor/hypervisor.ts';
import { digestOf } from '../model/canonical.ts';
import { isCheckpointName } from '../model/identity.ts';
import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import { seen, unseen } from '../model/result.ts';
import type { ModelCheckpoint, ModelDisk, ModelDomain } from './model-domain.ts';
import { blockBytes, layersOf } from './model-image.ts';

/** A domain as libvirt and qemu-img show it. */
export function observedModel(domain: ModelDomain, jobs: readonly KnownJob[]): ObservedDomain {
  return {
    uuid: domain.uuid,
    name: domain.name,
    persistent: true,
    state: domain.state,
    stateReason: domain.stateReason,
    runningId: domain.runningId,
    managedSave: domain.managedSave,
    agent: domain.state === 'off' ? 'disconnected' : domain.agent,
    disks: domain.disks.map((disk) => observedDisk(domain, disk)),
    internalSnapshots: [],
    job: jobOf(domain, jobs),
    blockJobs: [],
    checkpoints: seen(
      domain.checkpoints.map((checkpoint) => ({
        name: checkpoint.name,
        parent: checkpoint.parent,
        disks: checkpoint.targets.map((target) => ({
          target,
          bitmap: checkpoint.name,
          dirtyBytes: dirtyBytes(domain, checkpoint, target),
        })),
      })),
    ),
    nvram: null,
    tpm: false,
    definitionDigest: digestOf([domain.name, domain.uuid, domain.revision]),
  };
}

function jobOf(domain: ModelDomain, jobs: readonly KnownJob[]): ObservedDomain['job'] {
  if (domain.foreignJob) return { operation: 'backup', run: null };
  const { job } = domain;
  if (job === null) return null;
  const ours = jobs.find(({ socket, uuid }) => socket === job.socket && uuid === domain.uuid);
  return { operation: 'backup', run: ours?.run ?? null };
}

/** Only a running QEMU tells a size, of our own checkpoints, and only of a bitmap that is whole. */
function dirtyBytes(domain: ModelDomain, { name }: ModelCheckpoint, target: string): number | null {
  if (!isCheckpointName(name)) return null;
  const live = domain.disks.find((disk) => disk.target === target)?.live?.get(name) ?? null;
  return live === null ? null : live.size * blockBytes;
}

function observedDisk(domain: ModelDomain, { target, image }: ModelDisk): ObservedDisk {
  const layers = layersOf(image);
  const gone = unseen('image-unseen', `${image.path} cannot be opened`);
  return {
    target,
    device: 'disk',
    kind: 'file',
    format: image.format,
    readonly: false,
    shareable: false,
    transient: false,
    encrypted: false,
    sizeBytes: image.isGone ? null : image.blocks * blockBytes,
    allocatedBytes: image.isGone ? null : image.data.size * blockBytes,
    images: image.isGone
      ? gone
      : seen(
          layers.map(({ path, inode, format, data, changes }) => ({
            identity: {
              kind: 'file',
              path,
              device: 1,
              inode,
              stableId: null,
              format,
              serial: null,
            },
            stat: {
              path,
              device: 1,
              inode,
              sizeBytes: data.size * blockBytes,
              mtimeNs: String(changes),
              ctimeNs: String(changes),
            },
          })),
        ),
    bitmaps:
      domain.state !== 'off' || image.format !== 'qcow2'
        ? null
        : image.isGone
          ? gone
          : seen(
              [...image.bitmaps].map(([name, { inUse }]) => ({
                name,
                granularityBytes: blockBytes,
                flags: inUse ? ['in-use', 'auto'] : ['auto'],
              })),
            ),
  };
}

import { isDomainUuid, type DomainUuid } from '../../model/identity.ts';
import type { ObservedDisk } from '../../model/observed.ts';
import { attribute, child, childrenOf, parseXml, textOf, type XmlElement } from './xml.ts';

/** Where a disk's content is, as a definition says it. */
export type DiskSource =
  | { readonly kind: 'file' | 'block'; readonly path: string }
  | { readonly kind: 'network'; readonly uri: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'other'; readonly type: string };

/** A disk as a definition says it; nothing of it was looked at yet. */
export interface DefinedDisk extends Pick<
  ObservedDisk,
  'target' | 'device' | 'readonly' | 'shareable' | 'transient' | 'encrypted' | 'format'
> {
  readonly source: DiskSource;
  readonly serial: string | null;
  /** A copy or active commit is on its way. */
  readonly mirrored: boolean;
}

/** What a domain's definition says. */
export interface DefinedDomain {
  readonly uuid: DomainUuid;
  readonly name: string;
  /** libvirt's running id; null in an inactive definition. */
  readonly runningId: number | null;
  readonly disks: readonly DefinedDisk[];
  readonly agent: 'connected' | 'disconnected' | 'none';
  readonly nvram: string | null;
  readonly tpm: boolean;
  /** User and group that QEMU runs as, where the definition of a running domain says them. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** Reads `virsh dumpxml`; null if it is no domain. */
export function readDomainXml(text: string): DefinedDomain | null {
  const root = parseXml(text);
  const uuid = textOf(child(root, 'uuid')) ?? '';
  const name = child(root, 'name')?.text ?? '';
  if (root?.name !== 'domain' || !isDomainUuid(uuid) || name === '') return null;
  const devices = child(root, 'devices');
  const id = attribute(root, 'id');
  return {
    uuid,
    name,
    runningId: id === null || !/^\d+$/.test(id) ? null : Number(id),
    disks: childrenOf(devices, 'disk').flatMap(readDisk),
    agent: readAgent(devices),
    nvram: textOf(child(root, 'os', 'nvram')),
    tpm: childrenOf(devices, 'tpm').some(
      (tpm) => attribute(child(tpm, 'backend'), 'type') === 'emulator',
    ),
    owner: readOwner(root),
  };
}

function readDisk(disk: XmlElement): readonly DefinedDisk[] {
  const target = attribute(child(disk, 'target'), 'dev');
  if (target === null) return [];
  const device = attribute(disk, 'device') ?? 'disk';
  return [
    {
      target,
      device: device === 'cdrom' || device === 'floppy' || device === 'lun' ? device : 'disk',
      format: attribute(child(disk, 'driver'), 'type') ?? 'raw',
      readonly: child(disk, 'readonly') !== null,
      shareable: child(disk, 'shareable') !== null,
      transient: child(disk, 'transient') !== null,
      encrypted: child(disk, 'encryption') !== null || child(disk, 'source', 'encryption') !== null,
      source: readSource(attribute(disk, 'type') ?? 'file', child(disk, 'source')),
      serial: textOf(child(disk, 'serial')),
      mirrored: child(disk, 'mirror') !== null,
    },
  ];
}

function readSource(type: string, source: XmlElement | null): DiskSource {
  if (source === null) return { kind: 'empty' };
  const path = attribute(source, type === 'block' ? 'dev' : 'file');
  if (type === 'file' || type === 'block') {
    return path === null ? { kind: 'empty' } : { kind: type, path };
  }
  if (type !== 'network') return { kind: 'other', type };
  const hosts = childrenOf(source, 'host').map((host) => {
    const port = attribute(host, 'port');
    const name = attribute(host, 'name') ?? attribute(host, 'socket') ?? '';
    return port === null ? name : `${name}:${port}`;
  });
  const protocol = attribute(source, 'protocol') ?? 'unknown';
  return {
    kind: 'network',
    uri: `${protocol}://${hosts.join(',')}/${attribute(source, 'name') ?? ''}`,
  };
}

function readAgent(devices: XmlElement | null): DefinedDomain['agent'] {
  const channel = childrenOf(devices, 'channel')
    .map((one) => child(one, 'target'))
    .find((target) => attribute(target, 'name') === 'org.qemu.guest_agent.0');
  if (channel === undefined) return 'none';
  return attribute(channel, 'state') === 'connected' ? 'connected' : 'disconnected';
}

function readOwner(root: XmlElement): DefinedDomain['owner'] {
  const label = childrenOf(root, 'seclabel').find((one) => attribute(one, 'model') === 'dac');
  const [, uid, gid] =
    /^\+?(\d+):\+?(\d+)$/.exec(textOf(child(label ?? null, 'label')) ?? '') ?? [];
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}

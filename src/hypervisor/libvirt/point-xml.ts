import { escapeXml } from '../../model/escape-xml.ts';
import type { PointRequest } from '../hypervisor.ts';

/** What `backup-dumpxml` shows of the job of this socket, and of no other. */
export const socketMark = (socket: string): string => `socket='${escapeXml(socket)}'`;

/**
 * `<domainbackup>` in pull mode: libvirt makes the scratch files, QEMU keeps
 * the old content of overwritten blocks there and serves the point over a
 * unix socket. Export names are the targets.
 */
export function backupXml(request: PointRequest): string {
  const disks = request.disks.map(({ target, base, scratch }) => {
    const name = escapeXml(target);
    const mode =
      base === null
        ? "backupmode='full'"
        : `backupmode='incremental' incremental='${escapeXml(base)}'`;
    return (
      `<disk name='${name}' backup='yes' type='file' ${mode} exportname='${name}'>` +
      `<driver type='qcow2'/><scratch file='${escapeXml(scratch)}'/></disk>`
    );
  });
  const left = request.excluded.map((target) => `<disk name='${escapeXml(target)}' backup='no'/>`);
  return (
    `<domainbackup mode='pull'><server transport='unix' ${socketMark(request.socket)}/>` +
    `<disks>${[...disks, ...left].join('')}</disks></domainbackup>\n`
  );
}

/** `<domaincheckpoint>` with a bitmap on each tracked disk; null if no disk is tracked. */
export function checkpointXml(request: PointRequest): string | null {
  if (request.checkpoint === null) return null;
  const disks = request.disks.map(
    ({ target, tracked }) =>
      `<disk name='${escapeXml(target)}' checkpoint='${tracked ? 'bitmap' : 'no'}'/>`,
  );
  const left = request.excluded.map(
    (target) => `<disk name='${escapeXml(target)}' checkpoint='no'/>`,
  );
  return (
    `<domaincheckpoint><name>${escapeXml(request.checkpoint)}</name>` +
    `<disks>${[...disks, ...left].join('')}</disks></domaincheckpoint>\n`
  );
}

/** What QEMU calls the context of changed blocks of a target (libvirt's default bitmap name). */
export const dirtyContextOf = (target: string): string => `qemu:dirty-bitmap:backup-${target}`;

import type { DomainUuid } from '../../model/identity.ts';
import type { ObservedJob } from '../../model/observed.ts';
import type { KnownJob } from '../hypervisor.ts';
import type { Block } from './virsh.ts';
import { attribute, child, parseXml } from './xml.ts';

/** Reads `domjobinfo`: the operation in libvirt's words, in kebab-case; null when no job runs. */
export function readJobOperation(text: string): string | null {
  const facts = new Map(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const type = facts.get('Job type') ?? 'None';
  if (type !== 'Bounded' && type !== 'Unbounded') return null;
  return (facts.get('Operation') ?? 'unknown').toLowerCase().replaceAll(/[^a-z]+/g, '-');
}

/**
 * Whether `backup-dumpxml` says that there is no backup job. It is asked before
 * `domjobinfo`, which is not asked while there is one: then libvirtd 9.0 asks
 * QEMU, and one libvirtd was seen to die (in qemuMonitorSend) while a job was
 * ended and others looked. The cause is not proved; the question is not needed.
 */
export const isNoBackup = (block: Block | undefined): boolean =>
  block?.ok === false && /no domain backup job present/.test(block.error.message);

/** The unix socket of a running backup job, from `backup-dumpxml`; null if it has none. */
export function readBackupSocket(text: string): string | null {
  const root = parseXml(text);
  return root?.name === 'domainbackup' ? attribute(child(root, 'server'), 'socket') : null;
}

/** A job with its owner: ours only if its socket is one of our journal's. */
export function ownedJob(
  operation: string,
  socket: string | null,
  uuid: DomainUuid,
  known: readonly KnownJob[],
): ObservedJob {
  const ours = known.find((job) => job.uuid === uuid && job.socket === socket);
  return { operation, run: operation === 'backup' ? (ours?.run ?? null) : null };
}

/** Reads `blockjob --raw`: libvirt's word, in kebab-case; null when none runs. */
export function readBlockJob(text: string): string | null {
  // Not \s: line after line of nothing would be walked again from each of them.
  const [, type] = /^[ \t]*type=(.+)$/m.exec(text) ?? [];
  return type === undefined
    ? null
    : type
        .trim()
        .toLowerCase()
        .replaceAll(/[^a-z]+/g, '-');
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { OpenPoint } from '../hypervisor/hypervisor.ts';
import type { Backup } from '../model/backup-action.ts';
import type { ManifestFile } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { IncomingPoint } from '../store/store.ts';
import { during } from './not-done.ts';
import type { Tools } from './tools.ts';

/** What goes into a point beside its images. */
export interface PointFiles {
  /** Definitions and checkpoint, to be written. */
  readonly texts: readonly (readonly [file: string, text: string])[];
  /** UEFI variables and TPM state, written already. */
  readonly firmware: readonly string[];
}

/**
 * Reads definitions and checkpoint, and copies the firmware's state. The texts
 * are written only after the job: the store's small changes wait for the
 * disk, and while a job is open nothing may (I14).
 */
export async function readFiles(
  action: Backup,
  point: OpenPoint,
  incoming: IncomingPoint,
  tools: Tools,
): Promise<Result<PointFiles, Failure>> {
  const { uuid, name } = action.domain;
  const { hypervisor } = tools.drivers;
  const definitions = await hypervisor.definitions(uuid);
  if (!definitions.ok) return fail(during(`The definition of ${name}`, definitions.error));
  // The live definition of a domain that we started ourselves says nothing of the guest.
  const live = action.power === 'off' ? null : definitions.value.live;
  const texts: (readonly [string, string])[] = [['domain.xml', definitions.value.inactive]];
  if (live !== null) texts.push(['domain-live.xml', live]);
  if (point.checkpointXml !== null) texts.push(['checkpoint.xml', point.checkpointXml]);
  if (action.nvram === null && !action.tpm) return ok({ texts, firmware: [] });
  const copied = await hypervisor.copyFirmware(uuid, incoming.path);
  if (!copied.ok) return fail(during(`The firmware's state of ${name}`, copied.error));
  for (const { file, note } of copied.value) {
    if (note !== null) tools.log.warn({ code: 'firmware-note', message: `${file}: ${note}` });
  }
  return ok({ texts, firmware: copied.value.map(({ file }) => file) });
}

/** Writes the texts, and says of all files what the manifest holds of them. */
export async function writeFiles(
  { texts, firmware }: PointFiles,
  incoming: IncomingPoint,
  tools: Tools,
): Promise<Result<readonly ManifestFile[], Failure>> {
  for (const [file, text] of texts) {
    const written = incoming.writeFile(file, text);
    if (!written.ok) return written;
  }
  return describeFiles([...texts.map(([file]) => file), ...firmware], incoming.path, tools);
}

async function describeFiles(
  files: readonly string[],
  directory: string,
  { drivers }: Tools,
): Promise<Result<readonly ManifestFile[], Failure>> {
  try {
    const described: ManifestFile[] = [];
    for (const file of files) {
      // The largest is a TPM's state of a few MiB.
      const content = await drivers.files.read(join(directory, file));
      const sha256 = createHash('sha256').update(content).digest('hex');
      described.push({ file, bytes: content.length, sha256 });
    }
    return ok(described);
  } catch (error) {
    return fail({
      code: 'unreadable',
      message: `A file just written cannot be read: ${String(error)}`,
    });
  }
}

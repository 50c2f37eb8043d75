import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenPoint } from '../hypervisor/hypervisor.ts';
import type { Backup } from '../model/action.ts';
import type { ManifestFile } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { IncomingPoint } from '../store/store.ts';
import { during } from './not-done.ts';
import type { Tools } from './tools.ts';

/** Writes all of a point but its images: definitions, checkpoint, UEFI variables, TPM state. */
export async function writeFiles(
  action: Backup,
  point: OpenPoint,
  incoming: IncomingPoint,
  tools: Tools,
): Promise<Result<readonly ManifestFile[], Failure>> {
  const { uuid, name } = action.domain;
  const { hypervisor } = tools.drivers;
  const definitions = await hypervisor.definitions(uuid);
  if (!definitions.ok) return fail(during(`The definition of ${name}`, definitions.error));
  // The live definition of a domain that we started ourselves says nothing of the guest.
  const live = action.power === 'off' ? null : definitions.value.live;
  const texts: readonly (readonly [string, string | null])[] = [
    ['domain.xml', definitions.value.inactive],
    ['domain-live.xml', live],
    ['checkpoint.xml', point.checkpointXml],
  ];
  const files: string[] = [];
  for (const [file, text] of texts) {
    if (text === null) continue;
    const written = incoming.writeFile(file, text);
    if (!written.ok) return written;
    files.push(file);
  }
  if (action.nvram !== null || action.tpm) {
    const firmware = await hypervisor.copyFirmware(uuid, incoming.path);
    if (!firmware.ok) return fail(during(`The firmware's state of ${name}`, firmware.error));
    for (const { file, note } of firmware.value) {
      files.push(file);
      if (note !== null) tools.log.warn({ code: 'firmware-note', message: `${file}: ${note}` });
    }
  }
  return describeFiles(files, incoming.path);
}

async function describeFiles(
  files: readonly string[],
  directory: string,
): Promise<Result<readonly ManifestFile[], Failure>> {
  try {
    const described: ManifestFile[] = [];
    for (const file of files) {
      // The largest is a TPM's state of a few MiB.
      const content = await readFile(join(directory, file));
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

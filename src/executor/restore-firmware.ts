import { join } from 'node:path';
import type { Restore, RestoreFirmware } from '../model/restore-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { during } from './not-done.ts';
import { onHost } from './on-host.ts';
import { makeDirectoryOf } from './restore-images.ts';
import { type Prepared, temporaryOf } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/** Writes UEFI variables and TPM state beside their places, their hashes checked. */
export async function prepareFirmware(
  action: Restore,
  tools: Tools,
): Promise<Result<readonly Prepared[], Failure>> {
  const prepared: Prepared[] = [];
  for (const each of action.firmware) {
    const temporary = temporaryOf(each.to, tools);
    const written = await writeFirmware(join(action.store.path, each.from), each, temporary, tools);
    if (!written.ok) {
      const what = each.kind === 'tpm' ? 'TPM' : 'UEFI variables';
      return fail(during(`Restoring the ${what}`, written.error));
    }
    prepared.push({ to: each.to, aside: each.asideAs, temporary });
  }
  return ok(prepared);
}

async function writeFirmware(
  from: string,
  { kind, sha256, to }: RestoreFirmware,
  temporary: string,
  tools: Tools,
): Promise<Result<void, Failure>> {
  const { signal, drivers } = tools;
  const { checks, files, pointImages } = drivers;
  const hashed = await checks.hash(from, { signal, onBytes: () => {} });
  if (!hashed.ok) return hashed;
  if (hashed.value.sha256 !== sha256) {
    return fail({ code: 'hash-differs', message: `${from} is not what was written` });
  }
  const made = await makeDirectoryOf(to, tools);
  if (!made.ok) return made;
  if (kind === 'tpm') return pointImages.unpack(from, temporary, { mode: 0o700, signal });
  return onHost(`Writing ${temporary}`, async () => {
    await files.copy(from, temporary);
    await files.makeLasting(temporary, to);
  });
}

import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unpackArchive } from '../image/archive.ts';
import { hashFile } from '../image/hash-file.ts';
import type { Restore, RestoreFirmware } from '../model/action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { during } from './not-done.ts';
import { dropPrepared, makeLasting } from './restore-images.ts';
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
    prepared.push({ to: each.to, aside: each.asideAs, temporary });
    const written = await writeFirmware(join(action.store.path, each.from), each, temporary, tools);
    if (!written.ok) {
      dropPrepared(prepared);
      return fail(
        during(`Restoring the ${each.kind === 'tpm' ? 'TPM' : 'UEFI variables'}`, written.error),
      );
    }
  }
  return ok(prepared);
}

async function writeFirmware(
  from: string,
  { kind, sha256, to }: RestoreFirmware,
  temporary: string,
  tools: Tools,
): Promise<Result<void, Failure>> {
  const hashed = await hashFile(from, { signal: tools.signal, onBytes: () => {} });
  if (!hashed.ok) return hashed;
  if (hashed.value.sha256 !== sha256) {
    return fail({ code: 'hash-differs', message: `${from} is not what was written` });
  }
  mkdirSync(dirname(to), { recursive: true });
  if (kind === 'nvram') {
    copyFileSync(from, temporary);
    return makeLasting(to, temporary);
  }
  mkdirSync(temporary, { mode: 0o700 });
  return unpackArchive(from, temporary, tools.signal);
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** A small file of a point (its definition, its UEFI variables), if it is the one that the manifest knows. */
export function readPointFile(
  directory: string,
  { files }: Pick<Manifest, 'files'>,
  name: string,
): Result<Buffer, Failure> {
  const file = join(directory, name);
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    return fail({ code: 'definition-unreadable', message: `${file}: ${String(error)}` });
  }
  const sha256 = createHash('sha256').update(content).digest('hex');
  const promised = files.find((each) => each.file === name)?.sha256;
  return sha256 === promised
    ? ok(content)
    : fail({ code: 'hash-differs', message: `${file} is not what was written` });
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { HostFiles } from './host-files.ts';

/** A small file of a point (its definition, its UEFI variables), if it is the one that the manifest knows. */
export async function readPointFile(
  directory: string,
  { files: promisedFiles }: Pick<Manifest, 'files'>,
  name: string,
  files: Pick<HostFiles, 'read'>,
): Promise<Result<Buffer, Failure>> {
  const file = join(directory, name);
  let content: Buffer;
  try {
    content = await files.read(file);
  } catch (error) {
    return fail({ code: 'definition-unreadable', message: `${file}: ${String(error)}` });
  }
  const sha256 = createHash('sha256').update(content).digest('hex');
  const promised = promisedFiles.find((each) => each.file === name)?.sha256;
  return sha256 === promised
    ? ok(content)
    : fail({ code: 'hash-differs', message: `${file} is not what was written` });
}

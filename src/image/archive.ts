import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run } from '../process/run.ts';

/**
 * Unpacks a tar file into a directory, with owners and modes; a member that
 * would leave the directory is refused by tar. Owners by name where this host
 * knows it: the user of emulated TPMs has another number on each.
 */
export async function unpackArchive(
  archive: string,
  directory: string,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const result = await run({
    program: 'tar',
    args: [
      '--extract',
      '--preserve-permissions',
      '--same-owner',
      '--file',
      archive,
      '--directory',
      directory,
    ],
    timeoutSeconds: 300,
    signal,
    endsWithUs: true,
  });
  return result.ok ? ok(undefined) : fail(result.error);
}

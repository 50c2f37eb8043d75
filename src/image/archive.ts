import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run } from '../process/run.ts';

/** Unpacks a tar file into a directory, with owners and modes; a member that would leave the directory is refused by tar. */
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
      '--numeric-owner',
      '--file',
      archive,
      '--directory',
      directory,
    ],
    timeoutSeconds: 300,
    signal,
  });
  return result.ok ? ok(undefined) : fail(result.error);
}

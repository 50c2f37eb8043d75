import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { systemFailure } from '../store/attempt.ts';

/** Does something with files of this host; errors of the operating system become failures, others go on. */
export async function onHost(
  doing: string,
  body: () => Promise<void>,
): Promise<Result<void, Failure>> {
  try {
    await body();
    return ok(undefined);
  } catch (error) {
    return fail(systemFailure(doing, error));
  }
}

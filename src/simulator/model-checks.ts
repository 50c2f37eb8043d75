import type { FileChecks } from '../executor/file-checks.ts';
import type { HashedFile } from '../image/hash-file.ts';
import { hashOfText } from '../model/canonical.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Gate } from './gate.ts';
import { readChainOf } from './model-store-image.ts';

/** Checks files of the model's stores. */
export function modelChecks(gate: Gate): FileChecks {
  const { host } = gate;
  const unread: Failure = { code: 'read-failed', message: 'the disk does not answer' };
  const read = (path: string): string | null => {
    const real = host.realPath(path);
    return host.files.look(real)?.kind === 'file' ? host.files.read(real) : null;
  };
  const whole = (path: string): Promise<Result<void, Failure>> =>
    gate.call<Result<void, Failure>>(
      'checks.image',
      () =>
        readChainOf(path, read) === null
          ? fail({ code: 'image-damaged', message: `${path} cannot be opened` })
          : ok(undefined),
      () => fail(unread),
    );
  return {
    structure: whole,
    replay: whole,
    hash: (path, { onBytes }) =>
      gate.call<Result<HashedFile, Failure>>(
        'checks.hash',
        () => {
          const text = read(path);
          if (text === null) return fail({ code: 'read-failed', message: `${path}: not there` });
          const bytes = Buffer.byteLength(text);
          onBytes(bytes);
          return ok({ sha256: hashOfText(text), bytes });
        },
        () => fail(unread),
      ),
  };
}

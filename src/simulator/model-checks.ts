import type { FileChecks } from '../executor/file-checks.ts';
import { hashOfText } from '../model/canonical.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Gate } from './gate.ts';
import { imageHash, parseStored, readChainOf } from './model-store-image.ts';

/** Checks files of the model's stores. */
export function modelChecks({ host }: Gate): FileChecks {
  const read = (path: string): string | null => {
    const real = host.realPath(path);
    return host.files.look(real)?.kind === 'file' ? host.files.read(real) : null;
  };
  const whole = async (path: string): Promise<Result<void, Failure>> =>
    readChainOf(path, read) === null
      ? fail({ code: 'image-damaged', message: `${path} cannot be opened` })
      : ok(undefined);
  return {
    structure: whole,
    replay: whole,
    hash: async (path, { onBytes }) => {
      const text = read(path);
      if (text === null) return fail({ code: 'read-failed', message: `${path}: not there` });
      const bytes = Buffer.byteLength(text);
      onBytes(bytes);
      const isImage = parseStored(text) !== null;
      const sha256 = isImage ? imageHash(text) : hashOfText(text);
      return ok({ sha256, bytes });
    },
  };
}

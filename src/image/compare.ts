import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { copySeconds, type ImageName, qemuImg } from './qemu-img.ts';

/** An export on a unix socket. */
export interface ExportName {
  readonly socket: string;
  readonly exportName: string;
}

/**
 * Compares an image, through its backing files, with an export that is still
 * open: by qemu-img, which shares no code with our reader and writer. A
 * difference, of size too, is the failure `images-differ`.
 */
export async function compareWithExport(
  image: ImageName,
  { socket, exportName }: ExportName,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  // A socket's path and an export's name may hold anything, `?` and `&` too.
  const uri = `nbd+unix:///${encodeURIComponent(exportName)}?socket=${encodeURIComponent(socket)}`;
  const args = ['compare', '-U', '-f', image.format, '-F', 'raw', '--', image.path, uri];
  const compared = await qemuImg(args, [image.path, socket], copySeconds, signal);
  const different = 1;
  if (!compared.ok && compared.error.exitCode !== different) return compared;
  const said = (compared.ok ? compared.value : compared.error).stdout.trim();
  // Sizes may differ by zeros for qemu-img, which then only warns. Not for a backup.
  if (compared.ok && !said.includes('size mismatch')) return ok(undefined);
  const [words = ''] = said.split('\n');
  return fail({
    code: 'images-differ',
    message: `${image.path} is not what ${socket}, export "${exportName}" shows: ${words}`,
  });
}

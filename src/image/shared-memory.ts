/** The only part of WebAssembly that is used; the language's library does not declare it. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
};

/** Granularity of shared memory: WebAssembly's page. */
const pageBytes = 65_536;

/**
 * Memory that begins at a page boundary, which direct I/O (O_DIRECT) asks for
 * and an ordinary array buffer has only by chance: WebAssembly's is mapped as
 * a whole. Length in bytes, a multiple of 64 KiB.
 */
export function allocatePages(lengthBytes: number): Uint8Array {
  const pages = lengthBytes / pageBytes;
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return new Uint8Array(buffer);
}

/**
 * Addresses, the same everywhere: `domain/NAME[/CHAIN[/SEQ]]`, on a mirror
 * `MIRROR:domain/…`. A `/` or `%` in a name is percent-encoded.
 */
export interface Address {
  readonly mirror: string | null;
  readonly domain: string;
  /** A chain's id, or a unique beginning of one. */
  readonly chain: string | null;
  readonly sequence: number | null;
}

const escapeName = (name: string): string => name.replaceAll('%', '%25').replaceAll('/', '%2F');
const unescapeName = (text: string): string => text.replaceAll('%2F', '/').replaceAll('%25', '%');

/** Writes an address. */
export function addressOf(domain: string, chain?: string, sequence?: number): string {
  const parts = ['domain', escapeName(domain)];
  if (chain !== undefined) parts.push(chain);
  if (sequence !== undefined) parts.push(String(sequence).padStart(4, '0'));
  return parts.join('/');
}

/** The same address at a mirror: `nas:domain/web01/…`. */
export function onMirror(mirror: string, address: string): string {
  return `${mirror}:${address}`;
}

/** Reads an address; null if it is none. `web01` alone is taken for `domain/web01`. */
export function parseAddress(text: string): Address | null {
  const [, mirror = null, path = ''] =
    /^(?:([A-Za-z0-9._-]+):(?=domain\/))?(.+)$/s.exec(text) ?? [];
  const [head = '', ...rest] = path.split('/');
  const [name = '', chain = null, sequence = null, ...tooMany] =
    head === 'domain' ? rest : [head, ...rest];
  if (name === '' || tooMany.length > 0 || chain === '') return null;
  if (sequence !== null && !/^\d{1,6}$/.test(sequence)) return null;
  return {
    mirror,
    domain: unescapeName(name),
    chain,
    sequence: sequence === null ? null : Number(sequence),
  };
}

/** Whether an address is, or lies below, another: `domain/web01` covers `domain/web01/…`. */
export function covers(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

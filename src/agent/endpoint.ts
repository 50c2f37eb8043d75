import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** What is told at one path. */
export interface Page {
  readonly type: string;
  /** null: there is nothing to tell yet. */
  readonly text: () => Promise<string | null>;
}

/** Where to listen, and who may ask. */
export interface Listening {
  /** `127.0.0.1:9170`, `[::1]:9170`; port 0 takes a free one. */
  readonly address: string;
  /** Asked for as `Authorization: Bearer TOKEN`; null: anybody who reaches it, which only this host may. */
  readonly token: string | null;
}

// Whoever sends headers for longer than this does not want an answer.
const requestMilliseconds = 10_000;

/**
 * A small HTTP server that tells pages and changes nothing: GET and HEAD alone,
 * no path of a file, no body read. Without a token it listens on loopback only.
 */
export class Endpoint implements Disposable {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(
    { address, token }: Listening,
    pages: ReadonlyMap<string, Page>,
  ): Promise<Result<Endpoint, Failure>> {
    const place = placeOf(address);
    if (place === null)
      return fail({
        code: 'bad-address',
        message: `${address}: write an IP address and a port, as in 127.0.0.1:9170`,
      });
    if (token === null && !isLoopback(place.host))
      return fail({
        code: 'no-token',
        message: `${address} can be reached from elsewhere: name a tokenFile under agent: in the host file, or listen on 127.0.0.1`,
      });
    const server = createServer({ requestTimeout: requestMilliseconds }, (request, response) => {
      void answer(request, response, pages, token);
    });
    try {
      server.listen({ host: place.host, port: place.port });
      await once(server, 'listening');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return fail({ code: 'not-listening', message: `${address}: ${why}` });
    }
    // A failure of one connection is that connection's; the loop goes on.
    server.on('error', () => {});
    const bound = server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : place.port;
    const host = place.host.includes(':') ? `[${place.host}]` : place.host;
    return ok(new Endpoint(server, `http://${host}:${port}`));
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answer(
  { method, url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  pages: ReadonlyMap<string, Page>,
  token: string | null,
): Promise<void> {
  const end = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(method === 'HEAD' ? '' : text);
  };
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return end(405, 'Nothing can be changed here.\n');
  }
  if (token !== null && !isSame(headers.authorization ?? '', `Bearer ${token}`)) {
    response.setHeader('www-authenticate', 'Bearer');
    return end(401, 'A token is needed.\n');
  }
  const page = pages.get(url.split('?')[0] ?? '');
  if (page === undefined) return end(404, `There are: ${[...pages.keys()].join(' ')}\n`);
  try {
    const text = await page.text();
    return text === null ? end(503, 'No look has ended yet.\n') : end(200, text, page.type);
  } catch (error) {
    return end(500, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Compared in a time that does not depend on where they differ. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function placeOf(address: string): { readonly host: string; readonly port: number } | null {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = v6 ?? v4;
  if (host === undefined || isIP(host) === 0 || Number(port) > 65_535) return null;
  return { host, port: Number(port) };
}

const isLoopback = (host: string): boolean => host === '::1' || host.startsWith('127.');

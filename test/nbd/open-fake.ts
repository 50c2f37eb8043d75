import { afterEach } from 'vitest';
import { openExport, type NbdExport, type OpenExport } from '../../src/nbd/export.ts';
import { FakeServer, type Behaviour } from './fake-server.ts';

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).toReversed()) await end();
});

/** Starts a server for one test. */
export async function serve(behaviour: Behaviour = {}): Promise<FakeServer> {
  const server = await FakeServer.start(behaviour);
  cleanup.push(() => server[Symbol.asyncDispose]());
  return server;
}

/** Opens its export `vda`; closed after the test. */
export async function open(server: FakeServer, options: Partial<OpenExport> = {}) {
  const result = await openExport({
    socket: server.socket,
    exportName: 'vda',
    dirtyContext: null,
    connections: 1,
    stallSeconds: 30,
    ...options,
  });
  if (result.ok) cleanup.push(() => result.value.close());
  return result;
}

/** Opens an export that must open. */
export async function opened(
  server: FakeServer,
  options: Partial<OpenExport> = {},
): Promise<NbdExport> {
  const result = await open(server, options);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

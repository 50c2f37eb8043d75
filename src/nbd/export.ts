import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { readExtents, type Extent } from './extents.ts';

/** What is opened, and how. */
export interface OpenExport extends Omit<ConnectionOptions, 'signal'> {
  /** Connections at most; more than one only if the server says that all see the same. */
  readonly connections: number;
  readonly signal?: AbortSignal;
}

/** An open export. Every failure is final for the request; a lost connection is final for all. */
export interface NbdExport {
  readonly sizeBytes: number;
  /** How many connections there are. */
  readonly connections: number;
  /** All extents in order, without gaps, in batches; ends after the first failure. */
  extents(): AsyncIterable<Result<readonly Extent[], Failure>>;
  /** Reads exactly `into.length` bytes into `into`, which may lie in shared memory. */
  read(offset: number, into: Uint8Array): Promise<Result<void, Failure>>;
  /** Ends all connections; call it whatever happened before. */
  close(): void;
}

// A server may promise several connections and yet have no room for one more
// (qemu-nbd -e 1 leaves it in the backlog of its socket): then those that answer are used.
const extraConnectionSeconds = 2;

/** Opens an export of a server on a unix socket. */
export async function openExport(options: OpenExport): Promise<Result<NbdExport, Failure>> {
  const signal = options.signal ?? null;
  const first = await Connection.open({ ...options, signal });
  if (!first.ok) return first;
  const wanted = first.value.agreed.multiConnection ? options.connections - 1 : 0;
  const more = await Promise.all(
    Array.from({ length: Math.max(0, wanted) }, () => openExtra(options, signal)),
  );
  const extra = more.filter((connection) => connection !== null);
  const same = extra.every(({ agreed }) => agreed.sizeBytes === first.value.agreed.sizeBytes);
  const all: readonly [Connection, ...Connection[]] = [first.value, ...extra];
  if (same) return ok(exportOf(all));
  for (const connection of all) connection.close();
  return fail({
    code: 'nbd-protocol',
    message: `${options.socket}, export "${options.exportName}": its size changed while it was opened`,
  });
}

/** One more connection; null if the server has none to give. */
async function openExtra(
  options: OpenExport,
  signal: AbortSignal | null,
): Promise<Connection | null> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), extraConnectionSeconds * 1000);
  // The patience ends with the handshake, the caller's signal does not.
  const both = signal === null ? patience.signal : AbortSignal.any([signal, patience.signal]);
  const opened = await Connection.open({ ...options, signal: both });
  clearTimeout(timer);
  return opened.ok ? opened.value : null;
}

function exportOf(connections: readonly [Connection, ...Connection[]]): NbdExport {
  const [first] = connections;
  const { agreed } = first;
  let turn = 0;
  const nextConnection = (): Connection => {
    turn = (turn + 1) % connections.length;
    return connections[turn] ?? first;
  };
  return {
    sizeBytes: agreed.sizeBytes,
    connections: connections.length,
    extents: () => readExtents((offset, length) => first.blockStatus(offset, length), agreed),
    read: async (offset, into) => {
      if (into.length <= agreed.maxBlockBytes) return nextConnection().read(offset, into);
      const parts: Promise<Result<void, Failure>>[] = [];
      for (let at = 0; at < into.length; at += agreed.maxBlockBytes) {
        const part = into.subarray(at, at + agreed.maxBlockBytes);
        parts.push(nextConnection().read(offset + at, part));
      }
      const answers = await Promise.all(parts);
      return answers.find((answer) => !answer.ok) ?? ok(undefined);
    },
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CopyNote, Fetched, FetchRequest, Mirror } from '../../src/mirror/mirror.ts';
import { failureOfAbort } from '../../src/model/abort.ts';
import type { MirrorRef } from '../../src/model/copy-action.ts';
import { chainId, domainUuid, pointId } from '../../src/model/identity.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { ObservedChain } from '../../src/model/observed-store.ts';
import type { Manifest } from '../../src/model/point.ts';
import { fail, ok, seen, type Failure, type Result } from '../../src/model/result.ts';

/** One point at the fake. */
export interface FakeCopy {
  state: 'there' | 'deleted' | 'partial';
  held: boolean;
}

const unused = async () => fail<Failure>({ code: 'not-supported', message: 'not in this fake' });

type Fetch = Pick<FetchRequest, 'pointDirectories' | 'into' | 'onBytes'> & {
  readonly only: FetchRequest['only'] | undefined;
};

/** Copies what is wanted, as a mirror's program would. */
function fetchFrom(
  chain: string,
  { pointDirectories, into, only, onBytes }: Fetch,
): Result<Fetched, Failure> {
  let files = 0;
  let bytes = 0;
  const manifests = pointDirectories.map((point): Manifest => {
    const text = readFileSync(join(chain, point, 'point.json'), 'utf8');
    const manifest = JSON.parse(text) as Manifest;
    for (const { file } of [...manifest.disks, ...manifest.files]) {
      if (only?.has(`${point}/${file}`) === false) continue;
      const content = readFileSync(join(chain, point, file));
      writeFileSync(join(into, point, file), content);
      files += 1;
      bytes += content.length;
    }
    writeFileSync(join(into, point, 'point.json'), text);
    return manifest;
  });
  onBytes(bytes);
  return ok({ files, bytes, durability: 'synced', manifests });
}

/** A mirror in memory: points by `directory/chain/point directory`, and failures on demand. */
export class FakeMirror {
  readonly points = new Map<string, FakeCopy>();
  /** Failures by the name of the call. */
  readonly faults = new Map<'observe' | 'copy' | 'fetch' | 'hide' | 'purge' | 'open', Failure>();
  readonly unreadable: ObservedMirrorContent['unreadable'][number][] = [];
  /** Told of each call before it does anything; it waits for what is given back. */
  onCall: (call: string, signal: AbortSignal) => void | Promise<void> = () => {};
  readonly calls: string[] = [];
  /** What was noted of copies. */
  readonly notes: CopyNote[] = [];
  /** A chain with good files, to fetch from. */
  good: string | null = null;

  /** The state of each point that is there in any way. */
  get there(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.points].map(([path, { state }]) => [path, state]));
  }

  open(ref: MirrorRef): Result<Mirror, Failure> {
    const fault = this.faults.get('open');
    if (fault !== undefined) return fail(fault);
    return ok({
      name: ref.name,
      store: ref.store,
      localPath: null,
      observe: async ({ signal }) => {
        const met = await this.meet('observe', signal);
        return met.ok ? seen(this.content(ref)) : { seen: false, failure: met.error };
      },
      copy: async ({ directory, chain, pointDirectories, storePath, onBytes, signal }) => {
        const paths = pointDirectories.map((point) => `${directory}/${chain}/${point}`);
        for (const path of paths) if (!this.points.has(path)) this.set(path, 'partial');
        const met = await this.meet('copy', signal);
        if (!met.ok) return met;
        const missing = paths.find((path) => !existsSync(join(storePath, 'domains', path)));
        if (missing !== undefined) {
          return fail({ code: 'file-missing', message: `${missing} is not there` });
        }
        const news = paths.filter((path) => this.points.get(path)?.state !== 'there');
        onBytes(news.length * 100);
        for (const path of news) this.set(path, 'there');
        return ok({ files: news.length, bytes: news.length * 100, durability: 'synced' });
      },
      hide: (request) => this.change('hide', request, 'deleted'),
      purge: (request) => this.change('purge', request, null),
      verify: unused,
      note: async ({ notes }) => {
        this.notes.push(...notes);
        return ok(undefined);
      },
      fetch: async ({ pointDirectories, into, only, onBytes, signal }) => {
        const met = await this.meet('fetch', signal);
        if (!met.ok) return met;
        if (this.good === null) return unused();
        return fetchFrom(this.good, { pointDirectories, into, only, onBytes });
      },
      hold: unused,
      release: unused,
    });
  }

  set(path: string, state: FakeCopy['state']): void {
    this.points.set(path, { state, held: this.points.get(path)?.held ?? false });
  }

  private async change(
    call: 'hide' | 'purge',
    request: Parameters<Mirror['purge']>[0],
    state: 'deleted' | null,
  ): Promise<Result<void, Failure>> {
    const met = await this.meet(call, request.signal);
    if (!met.ok) return met;
    for (const point of request.pointDirectories) {
      const path = `${request.directory}/${request.chain}/${point}`;
      if (state === null) this.points.delete(path);
      else this.set(path, state);
    }
    return ok(undefined);
  }

  private async meet(
    call: 'observe' | 'copy' | 'fetch' | 'hide' | 'purge',
    signal: AbortSignal,
  ): Promise<Result<void, Failure>> {
    this.calls.push(call);
    await this.onCall(call, signal);
    if (signal.aborted) return fail(failureOfAbort(signal, call));
    const fault = this.faults.get(call);
    return fault === undefined ? ok(undefined) : fail(fault);
  }

  private content({ store }: MirrorRef): ObservedMirrorContent {
    const copies = [...this.points].map(([path, { state, held }]) => {
      const [directory = '', chain = '', point = ''] = path.split('/');
      const [sequence = '', stamp = ''] = point.split('-');
      const id = pointId(`${stamp}-000${directory.slice(2)}`);
      return {
        directory,
        chain: chainId(chain),
        point,
        sequence: Number(sequence),
        id,
        state,
        held,
      };
    });
    const directories = [...new Set(copies.map(({ directory }) => directory))].map((directory) => {
      const own = copies.filter((copy) => copy.directory === directory);
      const chains = [...new Set(own.map(({ chain }) => chain))].flatMap(
        (chain): ObservedChain[] => {
          const points = own
            .filter((copy) => copy.chain === chain && copy.state === 'there')
            .map(({ id, sequence, held }) => ({
              id,
              sequence,
              level: sequence === 0 ? ('full' as const) : ('increment' as const),
              at: '2026-11-22T02:00:00.000Z',
              bytes: 100,
              ...(held ? { held: true as const } : {}),
            }));
          return points.length === 0 ? [] : [{ id: chain, held: false, closed: null, points }];
        },
      );
      const rest = (state: FakeCopy['state']) =>
        own
          .filter((copy) => copy.state === state)
          .map(({ chain, point, id, sequence, held }) => ({
            chain,
            pointDirectory: point,
            id,
            sequence,
            bytes: 100,
            deletedAt: '2026-11-22T02:00:00.000Z',
            ...(held ? { held: true as const } : {}),
          }));
      return {
        directory,
        uuid: domainUuid(`00000000-0000-4000-8000-${directory.slice(2).padStart(12, '0')}`),
        name: directory,
        chains,
        deleted: rest('deleted'),
        partial: rest('partial').map(({ chain, pointDirectory, bytes }) => ({
          chain,
          pointDirectory,
          bytes,
        })),
      };
    });
    const { unreadable } = this;
    return { store, kind: 'ready', directories, freeBytes: null, unreadable, foreign: 0 };
  }
}

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FarEnd, FarFile, Transfer } from '../../src/mirror/far-end.ts';
import { fail, ok, type Failure, type Result } from '../../src/model/result.ts';

/** A far end in memory that notes its calls and fails on demand. */
export interface ModelEnd extends FarEnd {
  readonly files: Map<string, Buffer>;
  readonly calls: string[];
  /** The next calls whose name it is fail so. */
  readonly failures: Map<string, Failure>;
}

/** An empty one. Each change to a file is a new version. */
export function modelEnd(): ModelEnd {
  const files = new Map<string, Buffer>();
  const calls: string[] = [];
  const failures = new Map<string, Failure>();
  const call = <T>(name: string, words: readonly string[], value: () => T): Result<T, Failure> => {
    calls.push([name, ...words].join(' '));
    const failure = failures.get(name);
    return failure === undefined ? ok(value()) : fail(failure);
  };
  const put = ({ local, far, paths }: Transfer, replace: boolean) => {
    const sent = paths.filter((path) => replace || !files.has(`${far}/${path}`));
    for (const path of sent) files.set(`${far}/${path}`, readFileSync(join(local, path)));
    return { files: sent.length, bytes: 0, durability: 'synced' as const };
  };
  const get = ({ local, far, paths }: Transfer) => {
    for (const path of paths) {
      const content = files.get(far === '' ? path : `${far}/${path}`);
      if (content === undefined) continue;
      mkdirSync(dirname(join(local, path)), { recursive: true });
      writeFileSync(join(local, path), content);
    }
    return { files: paths.length, bytes: 0, durability: 'synced' as const };
  };
  const listed = (below: string): readonly FarFile[] =>
    [...files].flatMap(([path, content]) =>
      path.startsWith(`${below}/`)
        ? [
            {
              path: path.slice(below.length + 1),
              kind: 'file' as const,
              bytes: content.length,
              version: content.toString('hex').slice(0, 64),
            },
          ]
        : [],
    );
  return {
    target: 'model:/vol',
    localRoot: null,
    files,
    calls,
    failures,
    list: async (below) =>
      call('list', [], () => ({ present: true, files: listed(below), freeBytes: null })),
    directories: async () => call('directories', [], () => []),
    pullSmall: async (transfer) => call('pullSmall', [], () => void get(transfer)),
    push: async (transfer) => call('push', transfer.paths.map(nameOf), () => put(transfer, true)),
    pushNew: async (transfer) =>
      call('pushNew', transfer.paths.map(nameOf), () => put(transfer, false)),
    pull: async (transfer) => call('pull', [], () => get(transfer)),
    hash: async ({ far, paths, onPath }) =>
      call('hash', paths.map(nameOf), () => {
        const hashes = new Map<string, string>();
        for (const path of paths) {
          const content = files.get(`${far}/${path}`);
          if (content === undefined) continue;
          hashes.set(path, createHash('sha256').update(content).digest('hex'));
          onPath(path);
        }
        return { hashes, at: 'far-end' as const };
      }),
    rename: async (far, renames) =>
      call(
        'rename',
        renames.map(({ from }) => nameOf(from)),
        () => {
          for (const { from, to } of renames) {
            files.set(`${far}/${to}`, files.get(`${far}/${from}`) ?? Buffer.from(''));
            files.delete(`${far}/${from}`);
          }
        },
      ),
    remove: async (far, phases) =>
      call(
        'remove',
        phases.map((paths) => paths.map(nameOf).join(',')),
        () => {
          for (const path of phases.flat()) files.delete(`${far}/${path}`);
        },
      ),
  };
}

/** `0001/vda.qcow2`: which point, which file. */
function nameOf(path: string): string {
  const [point = '', file = ''] = path.split('/').slice(-2);
  return path.includes('/') ? `${point.slice(0, 4)}/${file}` : path;
}

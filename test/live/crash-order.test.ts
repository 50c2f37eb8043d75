import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { stories } from './crash-stories.ts';
import { CrashWorld } from './crash-world.ts';
import { privateLab } from './private-lab.ts';

const { lab } = privateLab();

/** A system call of any thread or child of the program, with the paths that it names. */
interface Call {
  readonly name: string;
  readonly paths: readonly [string, string];
}

const traced = 'mkdir,rename,unlink,rmdir,write,pwrite64,fsync,fdatasync';

function callsIn(log: string, root: string): readonly Call[] {
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, name = ''] = /^\d+ +([a-z0-9]+)\(/.exec(line) ?? [];
      if (name === '' || line.includes(' = -1 ')) return [];
      const found = Array.from(line.matchAll(/[<"](\/[^>"]*)[>"]/g), ([, path = '']) => path);
      const [first = '', second = ''] = found;
      return first.startsWith(`${root}/`)
        ? [{ name: name.replace('fdata', 'f'), paths: [first, second] }]
        : [];
    });
}

/** Where a trace breaks the order: content, then name, then the directory of the name, then what says that it is done. */
function disorderIn(
  calls: readonly Call[],
  store: string,
): { faults: string[]; seen: Map<string, number> } {
  const faults: string[] = [];
  const seen = new Map<string, number>();
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  /** Files with content that was not fsynced, and directories with names that were not. */
  const content = new Set<string>();
  const names = new Map<string, string>();
  for (const { name, paths } of calls) {
    const [path, to] = paths;
    if (path.includes('/locks/') || path.endsWith('.lock')) continue;
    if (name === 'write' || name === 'pwrite64') {
      // A line of the journal says what was done: it must be durable by then.
      if (path.endsWith('.ndjson') && names.size > 0) {
        faults.push(`${[...names.values()].join(', ')} not fsynced when ${path} is written`);
      }
      content.add(path);
    } else if (name === 'fsync') {
      content.delete(path);
      if (names.delete(path)) count('directory fsynced');
    } else if (name === 'mkdir' || name === 'unlink' || name === 'rmdir') {
      content.delete(path);
      names.delete(path);
      if (path.startsWith(`${store}/`)) names.set(dirname(path), `${name} ${path}`);
    } else if (name === 'rename') {
      const below = [...content].filter((each) => each === path || each.startsWith(`${path}/`));
      for (const each of below) faults.push(`${each} not fsynced when ${path} becomes ${to}`);
      // What was meant to be done is on disk before it is done.
      const journal = [...content].find((each) => each.endsWith('.ndjson'));
      if (
        journal !== undefined &&
        path.includes('/.incoming-') &&
        !basename(path).endsWith('.tmp')
      ) {
        faults.push(`${journal} not fsynced when ${path} becomes ${to}`);
      }
      if (names.has(path)) faults.push(`${path} not fsynced when it becomes ${to}`);
      for (const directory of [dirname(path), dirname(to)]) names.set(directory, `rename ${to}`);
      count('rename');
    }
  }
  for (const left of names.values()) faults.push(`${left} never fsynced`);
  return { faults, seen };
}

it.each(['first', 'rotation'])(
  'fsync, rename, fsync of the directory: the whole of %s',
  async (name) => {
    const story = stories.find((each) => each.name === name);
    if (story === undefined) throw new Error(`no story ${name}`);
    const world = await CrashWorld.create(main, lab, `order-${name}`, story.state, story.options);
    const command = await story.begin(world);
    const log = join(world.host.dir, 'order.strace');
    const wrap = ['strace', '-f', '-y', '-s', '0', '-o', log, '-e', `trace=${traced}`];
    const child = world.host.childUnder(wrap, main, ...command);
    expect(await child.ended(), child.err).toBe(0);
    const calls = callsIn(log, world.host.dir);
    const image = calls.filter(({ paths: [path] }) => /\/\.incoming-[^/]*\/vda\.qcow2$/.test(path));
    expect(image.map(({ name: call }) => call)).toContain('fsync');
    const { faults, seen } = disorderIn(calls, world.host.store);
    expect(faults).toEqual([]);
    expect(seen.get('rename')).toBeGreaterThan(2);
    expect(seen.get('directory fsynced')).toBeGreaterThan(5);
  },
);

const call = (name: string, first: string, second = ''): Call => ({
  name,
  paths: [first, second],
});

it('the check sees an order that is wrong', () => {
  const right = [
    call('write', '/s/a/.x.tmp'),
    call('fsync', '/s/a/.x.tmp'),
    call('rename', '/s/a/.x.tmp', '/s/a/x'),
    call('fsync', '/s/a'),
    call('write', '/s/runs/r.ndjson'),
  ];
  expect(disorderIn(right, '/s').faults).toEqual([]);
  expect(
    disorderIn(
      right.filter((_, at) => at !== 1),
      '/s',
    ).faults,
  ).toHaveLength(1);
  expect(
    disorderIn(
      right.filter((_, at) => at !== 3),
      '/s',
    ).faults,
  ).toHaveLength(2);
});

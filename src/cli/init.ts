import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createLibvirt } from '../hypervisor/libvirt/libvirt.ts';
import { isSystemDirectory } from '../policy/system-directory.ts';
import { observeStore } from '../store/observe.ts';
import { printJson, refuse, say, type Context, type Go } from './context.ts';
import type { ExitCode } from './exit.ts';
import { readSchema } from './explain-schema.ts';
import { writeTrouble } from './file-trouble.ts';
import { loadHost } from './host.ts';
import { initialPolicy, type InitFacts } from './initial-policy.ts';
import { policyFile } from './load-policy.ts';

interface InitOptions {
  readonly out?: string;
  readonly store?: string;
}

/** `holdfast init` */
export function defineInit(command: Command, go: Go): void {
  command
    .option('--out <file>', 'where it is written (default: as --policy); - is standard output')
    .option('--store <dir>', 'where backups go (default: a store or an empty disk that is found)')
    .addHelpText(
      'after',
      '\nLooks at libvirt and at likely directories, and changes nothing but the file.\n\nExamples:\n  holdfast init --store /backups\n  holdfast init --out - | less',
    )
    .action(async (options: InitOptions) => go(async (context) => runInit(context, options)));
}

async function runInit(context: Context, options: InitOptions): Promise<ExitCode> {
  const { store } = options;
  const host = loadHost(context);
  if (!host.ok) return refuse(context, host.error);
  const out = options.out ?? policyFile(context, host.value);
  const path = resolve(context.terminal.cwd, out);
  if (out !== '-' && existsSync(path))
    return refuse(context, {
      exit: 1,
      code: 'exists',
      message: `${out} is there already and is not overwritten: give --out another name`,
    });
  const wanted = store === undefined ? null : resolve(context.terminal.cwd, store);
  if (wanted !== null && isSystemDirectory(wanted))
    return refuse(context, {
      exit: 64,
      code: 'bad-store',
      message: `--store: ${wanted} belongs to the operating system and can be no store`,
    });
  const libvirt = createLibvirt({ uri: host.value.uri, runDir: host.value.runtimeDir });
  const seen = await libvirt.observe([]);
  if (!seen.seen) return refuse(context, { exit: 9, ...seen.failure });
  const schema = readSchema('policy')['$id'];
  const text = initialPolicy({
    host: hostname(),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    schema: typeof schema === 'string' && schema.startsWith('https:') ? schema : null,
    store: await findStore(wanted, host.value.stateDir),
    domains: seen.value.domains,
  });
  for (const { name, message } of seen.value.unseenDomains)
    say(context, `not seen: ${name}: ${message}`);
  if (out === '-') {
    context.terminal.out(text);
    return 0;
  }
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o644 });
  } catch (error) {
    const message = `${out} was not written: ${writeTrouble(error, path)}`;
    return refuse(context, { exit: 1, code: 'not-saved', message });
  }
  if (context.globals.json === true) printJson(context, 'init', { file: out });
  say(context, `Wrote ${out}. Read it, then: holdfast plan --policy ${out}`);
  return 0;
}

/** Where people keep backups (Filesystem Hierarchy Standard: /srv, /mnt; and what the field uses). */
function likelyDirectories(): readonly string[] {
  const below = ['/mnt', '/srv', '/media'].flatMap((parent) =>
    existsSync(parent) ? readdirSync(parent).map((name) => `${parent}/${name}`) : [],
  );
  return ['/backups', '/backup', ...below];
}

/** A store that is there, else the largest empty directory, else one that is to be made. */
async function findStore(wanted: string | null, stateDir: string): Promise<InitFacts['store']> {
  const paths = wanted === null ? likelyDirectories() : [wanted];
  const looked = await Promise.all(
    paths.map(async (path) => observeStore({ name: 'main', path, requireMount: false, stateDir })),
  );
  const ready = looked.find(({ state }) => state.kind === 'ready');
  if (ready !== undefined) return { path: ready.path, state: 'ready' };
  const [blank] = looked
    .flatMap(({ path, state }) => (state.kind === 'blank' ? [{ path, free: state.freeBytes }] : []))
    .toSorted((a, b) => b.free - a.free);
  if (blank !== undefined) return { path: blank.path, state: 'blank' };
  return { path: wanted ?? '/backups', state: 'missing' };
}

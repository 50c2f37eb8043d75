import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { exposeImages } from '../image/expose.ts';
import { mountFiles, type MountedFiles } from '../image/mount-files.ts';
import { unmountFiles } from '../image/unmount.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { printable } from '../reporter/printable.ts';
import { complain, type Context, type Go, printJson, type Refusal, refuse } from './context.ts';
import type { ExitCode } from './exit.ts';
import { writeTrouble } from './file-trouble.ts';
import { sourceOf, wantedPoint, warnOf } from './restore-source.ts';
import { openSession } from './session.ts';

interface MountOptions {
  readonly at?: string;
  readonly store?: string;
}

/** `holdfast mount ADDR DIR` */
export function defineMount(command: Command, go: Go): void {
  command
    .argument('<addr>', 'domain/NAME for its newest point, or a chain, or a point')
    .argument('<dir>', 'an empty directory, or one to be made')
    .option('--at <time>', 'the newest point not later than that, or a point by its id')
    .option('--store <dir>', 'take points from this store; no policy is needed')
    .addHelpText(
      'after',
      `
DIR/disks/vda.raw is the whole disk; DIR/vda1 a file system on it, where the kernel knows it.
For LVM or other systems' file systems, point guestmount at the raw file.

Examples:
  holdfast mount domain/web01 /mnt/web01
  holdfast mount domain/web01 /mnt/web01 --at 2026-11-20
  holdfast unmount /mnt/web01`,
    )
    .action(async (address: string, dir: string, options: MountOptions) =>
      go(async (context) => runMount(context, address, dir, options)),
    );
}

/** `holdfast unmount DIR` */
export function defineUnmount(command: Command, go: Go): void {
  command
    .argument('<dir>', 'as it was given to mount')
    .addHelpText('after', '\nExample:\n  holdfast unmount /mnt/web01')
    .action(async (dir: string) => go(async (context) => runUnmount(context, dir)));
}

async function runMount(
  context: Context,
  text: string,
  dir: string,
  { at, store: storePath }: MountOptions,
): Promise<ExitCode> {
  const directory = emptyDirectory(resolve(context.terminal.cwd, dir));
  if (!directory.ok) return refuse(context, directory.error);
  const session = await openSession(context, storePath);
  if (!session.ok) return refuse(context, session.error);
  const wanted = wantedPoint(text, at, session.value.policy.timezone);
  if (!wanted.ok) return refuse(context, wanted.error);
  const source = sourceOf(await session.value.lookAtStores(), text, wanted.value);
  if (!source.ok) return refuse(context, source.error);
  const made = makeDirectory(directory.value);
  if (!made.ok) return refuse(context, made.error);
  warnOf(context, source.value);
  const { store, points } = source.value;
  const newest = points.at(-1);
  const images = (newest?.manifest.disks ?? []).map(({ target, file }) => ({
    target,
    path: join(store.path, newest?.path ?? '', file),
  }));
  const exposed = await exposeImages(images, join(directory.value, 'disks'));
  if (!exposed.ok) return refuse(context, { exit: 1, ...exposed.error });
  const mounted: MountedFiles[] = [];
  for (const disk of exposed.value.disks) {
    const found = await mountFiles(disk, directory.value);
    mounted.push(...found.mounted);
    for (const { message } of found.left) complain(context, `not mounted: ${message}`);
  }
  if (context.globals.json === true) {
    printJson(context, 'mount', {
      directory: directory.value,
      disks: exposed.value.disks,
      mounted,
    });
    return 0;
  }
  const out = (line: string): void => context.terminal.out(line);
  for (const { file } of exposed.value.disks) out(`${printable(file)}\n`);
  for (const { directory: place, type } of mounted) out(`${place}  ${type}, read-only\n`);
  out(`When you are done: holdfast unmount ${directory.value}\n`);
  return 0;
}

async function runUnmount(context: Context, dir: string): Promise<ExitCode> {
  const directory = resolve(context.terminal.cwd, dir);
  const unmounted = await unmountFiles(directory);
  if (!unmounted.ok) return refuse(context, { exit: 1, ...unmounted.error });
  if (context.globals.json === true) printJson(context, 'unmount', { directory });
  return 0;
}

/** A directory that is empty, or is not there yet; what holds something already is refused, for it would be hidden. */
function emptyDirectory(directory: string): Result<string, Refusal> {
  try {
    if (existsSync(directory) && readdirSync(directory).length > 0) {
      const message = `${directory} is not empty: name an empty directory, or one to be made`;
      return fail({ exit: 1, code: 'not-empty', message });
    }
    return ok(directory);
  } catch (error) {
    return unusable(error, directory);
  }
}

/** Makes it, in a directory that is there: what is not asked for is not made. */
function makeDirectory(directory: string): Result<void, Refusal> {
  try {
    if (!existsSync(directory)) mkdirSync(directory);
    return ok(undefined);
  } catch (error) {
    return unusable(error, directory);
  }
}

function unusable(error: unknown, directory: string): Result<never, Refusal> {
  const message = `${directory} cannot be used: ${writeTrouble(error, directory)}`;
  return fail({ exit: 1, code: 'directory-unusable', message });
}

import type { Command } from 'commander';
import type { Go } from './context.ts';
import { fetchStore, type FetchOptions } from './mirror-fetch.ts';
import { listMirrors } from './mirror-list.ts';
import { collect } from './plan-options.ts';

/** `holdfast mirror [list|fetch]` */
export function defineMirror(command: Command, go: Go): void {
  command
    .command('list', { isDefault: true })
    .description('List stores and domains at each mirror, and how far they are behind.')
    .argument('[mirror]', 'only this one, by its name in the policy or its place')
    .addHelpText(
      'after',
      '\nA place is /path, user@host:/path or rclone:remote:path; it needs no policy.\n\nExamples:\n  holdfast mirror list\n  holdfast mirror list backup@nas:/vol/vm-backups',
    )
    .action(async (mirror: string | undefined) =>
      go(async (context) => listMirrors(context, mirror ?? null)),
    );
  command
    .command('fetch')
    .description('Bring a lost store back from a mirror, with the id that it had.')
    .argument('[mirror]', "its name in the policy (default: the policy's only one)")
    .option('--domain <name>', 'only this domain (repeatable)', collect)
    .option('--store <name>', "the store that is lost (default: the policy's only one)")
    .option('--store-id <id>', 'whose copies, where this host does not remember it')
    .option('--auto-approve', 'do not ask')
    .addHelpText(
      'after',
      '\nThe store must be an empty directory. Every byte is compared with its manifest, and the\nstore is one again when all has come; stopped before, the same command goes on with it.\n\nExample:\n  holdfast mirror fetch nas --store main',
    )
    .action(async (mirror: string | undefined, options: FetchOptions) =>
      go(async (context) => fetchStore(context, mirror ?? null, options)),
    );
}

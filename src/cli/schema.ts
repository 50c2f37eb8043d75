import { readFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import type { Go } from './context.ts';

const names = ['policy', 'host', 'plan', 'observed', 'point', 'events', 'simulation'] as const;

/** `holdfast schema [NAME]` */
export function defineSchema(command: Command, go: Go): void {
  command
    .addArgument(new Argument('[name]', 'which one').choices(names).default('policy'))
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast schema > policy.v1.schema.json\n  holdfast schema plan',
    )
    .action(async (name: string) =>
      go(async (context) => {
        const file = new URL(`../../schema/${name}.v1.schema.json`, import.meta.url);
        context.terminal.out(readFileSync(file, 'utf8'));
        return 0;
      }),
    );
}

import { Option, type Command } from 'commander';
import { refuse, type Go } from './context.ts';
import { planFormats, printPlan, type PlanFormat } from './print-plan.ts';
import { readPlan } from './saved-plan.ts';

/** `holdfast show PLAN` */
export function defineShow(command: Command, go: Go): void {
  command
    .argument('<plan>', 'a file that `plan --out` wrote; - is standard input')
    .addOption(new Option('--format <form>', 'how it is printed').choices(planFormats))
    .addHelpText('after', '\nExample:\n  holdfast show plan.json --format markdown')
    .action(async (file: string, options: { readonly format?: PlanFormat }) =>
      go(async (context) => {
        const plan = await readPlan(context, file);
        if (!plan.ok) return refuse(context, plan.error);
        printPlan(context, plan.value, {
          format: options.format,
          planFile: file,
          isSaved: true,
          policy: null,
        });
        return 0;
      }),
    );
}

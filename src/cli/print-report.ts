import { decideColor } from '../reporter/color.ts';
import type { RenderOptions } from '../reporter/row.ts';
import { printJson, type Context } from './context.ts';

/** How text is written on standard output. */
export function renderOptions({ terminal, globals }: Context): RenderOptions {
  return {
    color: decideColor({ flag: globals.color, env: terminal.env, isTTY: terminal.outIsTty }),
    verbose: globals.verbose === true,
    width: terminal.columns,
  };
}

/** Prints a report as text, or as the JSON that the text is made from. */
export function printReport<R extends object>(
  context: Context,
  kind: string,
  report: R,
  render: (report: R, options: RenderOptions) => string,
): void {
  if (context.globals.json === true) printJson(context, kind, report);
  else context.terminal.out(render(report, renderOptions(context)));
}

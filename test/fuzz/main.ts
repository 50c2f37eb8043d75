import { parseArgs } from 'node:util';
import { fuzzFor } from './fuzz.ts';

/** Fuzzes from the command line; README.md tells how it is compiled and started. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
    keep: { type: 'string' },
  },
});
const results = await fuzzFor({
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  ...(values.only === undefined ? {} : { only: values.only }),
  ...(values.keep === undefined ? {} : { keepIn: values.keep }),
});
for (const { target, runs, newCoverage, failures } of results) {
  process.stdout.write(
    `${target.padEnd(14)} ${String(runs).padStart(8)} runs  ${String(newCoverage).padStart(6)} new  ${failures.length} failures\n`,
  );
  for (const { input, error } of failures) {
    const shown = JSON.stringify(input.toString('latin1').slice(0, 300));
    process.stdout.write(
      `  ${error.stack?.split('\n').slice(0, 6).join('\n  ')}\n  input ${shown}\n`,
    );
  }
}
process.exitCode = results.some(({ failures }) => failures.length > 0) ? 1 : 0;

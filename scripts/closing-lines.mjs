// closing-lines.mjs DIRECTORY EXPECTED: what vitest's JSON reports in a directory come to, and the exit
// status of `npm test`. A suite that wrote no report, or ran nothing, is a failure; with CI=true a skipped test is one.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

// Message and the first frames: enough to find the place, and a dozen of them can be read.
const shownLines = 12;

const [directory = '', expected = ''] = process.argv.slice(2);
const suites = readdirSync(directory).map((file) =>
  JSON.parse(readFileSync(join(directory, file), 'utf8')),
);
const sum = (key) => suites.reduce((total, suite) => total + suite[key], 0);

// A test that passed and has an error is one that failed first (vitest 4.1 keeps the errors of all tries).
const second = suites
  .flatMap(({ testResults }) => testResults)
  .flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
      .map(({ fullName, failureMessages: [error = ''] }) => ({ name, fullName, error })),
  );
for (const { name, fullName, error } of second) {
  console.log(`test: passed only at the second try: ${relative(process.cwd(), name)}: ${fullName}`);
  const lines = error.split('\n').slice(0, shownLines);
  console.log(lines.map((line) => `    ${line}`).join('\n'));
}

const skipped = sum('numPendingTests') + sum('numTodoTests');
const counts = [`${sum('numPassedTests')} passed`, `${sum('numFailedTests')} failed`];
if (skipped > 0) counts.push(`${skipped} skipped`);
if (second.length > 0) counts.push(`${second.length} only at the second try`);
console.log(counts.join(', '));

const isBroken = suites.some((suite) => !suite.success || suite.numPassedTests === 0);
if (suites.length !== Number(expected) || isBroken) process.exitCode = 1;
if (process.env.CI === 'true' && skipped > 0) {
  console.error('test: CI=true, but tests were skipped');
  process.exitCode = 1;
}

#!/usr/bin/env node
import { readFileSync } from 'node:fs';

// `--version` is asked by scripts and probes: it is answered before any module
// is loaded, so it costs what starting Node costs.
const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const version = /"version": *"([^"]+)"/.exec(manifest)?.[1] ?? 'unknown';

if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${version}\n`);
} else {
  try {
    const [{ chosenCommand, runProgram }, { processTerminal }] = await Promise.all([
      import('./program.ts'),
      import('./terminal.ts'),
    ]);
    // In `ps`, and for those who wait for a lock of ours (store/lock.ts): `holdfast apply`, not `node main.js`.
    process.title = `holdfast ${chosenCommand(process.argv.slice(2)) ?? ''}`.trimEnd();
    process.exitCode = await runProgram(process.argv.slice(2), processTerminal(), version);
  } catch (error) {
    // The one catch: what arrives here is a mistake of ours, not an expected failure.
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const { escapeSteering } = await import('../model/escape-steering.ts');
    process.stderr.write(
      escapeSteering(`This is a fault in holdfast itself; please report it.\n${detail}\n`),
    );
    process.exitCode = 1;
  }
}

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';

const repo = join(import.meta.dirname, '..', '..');
const built = join(repo, 'node_modules', '.e2e');

/** The program as users run it, compiled before the first live test. */
export const builtProgram = join(built, 'dist', 'bin', 'main.js');

/** Once for all live tests: two of them at once must not write what a third one runs. */
export default async function build(): Promise<void> {
  // New files: where packages are hard links to another working tree's, writing would change its program.
  rmSync(built, { recursive: true, force: true });
  mkdirSync(built, { recursive: true });
  writeFileSync(join(built, 'package.json'), readFileSync(join(repo, 'package.json')));
  const args = ['-p', repo, '--outDir', join(built, 'dist'), '--noEmitOnError', 'false'];
  await run({ program: join(repo, 'node_modules', '.bin', 'tsc'), args, timeoutSeconds: 120 });
  const bundle = [join(repo, 'scripts', 'bundle.mjs'), join(built, 'dist')];
  await run({ program: process.execPath, args: bundle, timeoutSeconds: 120 });
  if (!existsSync(builtProgram)) throw new Error(`${builtProgram} was not built`);
}

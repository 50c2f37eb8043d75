// `node scripts/bundle.mjs [DIST]`: the program as few files in DIST/bin (default: dist/bin), with all packages in them.
// Node resolves, opens and links each module of a program by itself: 500 of them took longer than the work of a plan.
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const directory = join(process.argv[2] ?? join(root, 'dist'), 'bin');

// Names of files carry a hash: what an earlier build left would stay for ever.
rmSync(directory, { recursive: true, force: true });
const bundle = await rolldown({
  input: join(root, 'src', 'cli', 'main.ts'),
  platform: 'node',
  transform: { target: 'es2023' },
  onLog(level, log) {
    // A package that tries for another one, which is not there, says so at run time.
    if (level === 'warn' && log.code !== 'EVAL') throw new Error(log.message);
  },
});
// All in one directory: files of the package are found from there (package.json, schema/).
const { output } = await bundle.write({
  dir: directory,
  format: 'esm',
  chunkFileNames: '[name]-[hash].js',
});
await bundle.close();
chmodSync(join(directory, 'main.js'), 0o755);
console.log(`bundled: ${output.length} files in ${directory}`);

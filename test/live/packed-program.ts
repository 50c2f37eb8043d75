import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';

const repo = join(import.meta.dirname, '..', '..');

/**
 * Writes the package that `npm pack` makes of a built program into a directory. What it depends on is
 * in it, so that nothing has to be fetched when it is installed. The name of its file.
 */
export async function packProgram(dist: string, directory: string): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), 'hf-pack-'));
  try {
    for (const path of await packages(stage)) {
      const to = join(stage, path.slice(repo.length));
      mkdirSync(join(to, '..'), { recursive: true });
      cpSync(path, to, { recursive: true, filter: isRun });
    }
    cpSync(dist, join(stage, 'dist'), { recursive: true });
    for (const name of ['packaging', 'schema', 'README.md', 'LICENSE'])
      cpSync(join(repo, name), join(stage, name), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as object;
    const text = JSON.stringify({ ...manifest, bundleDependencies: true });
    writeFileSync(join(stage, 'package.json'), text);
    const said = await npm(stage, 'pack', '--silent', '--pack-destination', directory, stage);
    return said.trim();
  } finally {
    rmSync(stage, { recursive: true });
  }
}

// Types and maps of packages are half of the files, and nothing at run time; `package.json` may name them.
const isRun = (path: string): boolean => !/\.(?:map|[cm]?ts|md)$/.test(path);

/** Directories of all packages that the program needs to run. */
async function packages(home: string): Promise<readonly string[]> {
  const listed = await npm(home, '--prefix', repo, 'ls', '--omit=dev', '--all', '--parseable');
  return listed.split('\n').filter((path) => path.includes('/node_modules/'));
}

async function npm(home: string, ...args: readonly string[]): Promise<string> {
  const env = { HOME: join(home, 'home'), npm_config_offline: 'true' };
  const said = await run({ program: 'npm', args, env, timeoutSeconds: 120 });
  if (!said.ok) throw new Error(`npm ${args.join(' ')}: ${said.error.stdout}${said.error.stderr}`);
  return said.value.stdout;
}

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';

const repo = join(import.meta.dirname, '..', '..');

/**
 * Writes the package that `npm pack` makes of a built program into a directory, and tells the name of its file.
 * It asks for no other packages: the bundle has them in it (docs/decisions/0022), and nothing has to be fetched.
 */
export async function packProgram(dist: string, directory: string): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), 'hf-pack-'));
  try {
    cpSync(dist, join(stage, 'dist'), { recursive: true });
    for (const name of ['packaging', 'schema', 'README.md', 'LICENSE'])
      cpSync(join(repo, name), join(stage, name), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as object;
    const text = JSON.stringify({ ...manifest, dependencies: {} });
    writeFileSync(join(stage, 'package.json'), text);
    const env = { HOME: stage, npm_config_offline: 'true' };
    const args = ['pack', '--silent', '--pack-destination', directory, stage];
    const said = await run({ program: 'npm', args, env, timeoutSeconds: 120 });
    if (!said.ok) throw new Error(`npm pack: ${said.error.stdout}${said.error.stderr}`);
    return said.value.stdout.trim();
  } finally {
    rmSync(stage, { recursive: true });
  }
}

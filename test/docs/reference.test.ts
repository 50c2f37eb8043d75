import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

it('has references of policy and host file that say what the schemas say', () => {
  const script = join(root, 'scripts', 'build-policy-reference.mjs');
  const said = execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(said).toBe('2 pages, 0 written\n');
});

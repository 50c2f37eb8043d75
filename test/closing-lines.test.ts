import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const repo = join(import.meta.dirname, '..');
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf-closing-'));
  symlinkSync(join(repo, 'node_modules'), join(dir, 'node_modules'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs made-up tests as scripts/test.sh runs a suite, and then its closing lines. */
function closingLines(name: string, tests: string, env: Readonly<Record<string, string>> = {}) {
  const [file, results] = [join(dir, `${name}.test.ts`), join(dir, `${name}-results`)];
  writeFileSync(file, `import { expect, it } from 'vitest';\n${tests}`);
  mkdirSync(results);
  const words = ['run', '--root', dir, '--retry=1', '--no-cache', '--reporter=json'];
  const vitest = join(repo, 'node_modules', 'vitest', 'vitest.mjs');
  const report = `--outputFile=${join(results, 'suite.json')}`;
  spawnSync(process.execPath, [vitest, ...words, report, file], { cwd: dir, encoding: 'utf8' });
  const script = join(repo, 'scripts', 'closing-lines.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, results, '1'], {
    cwd: dir,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });
  return { status, stdout: stdout.replaceAll(/^ +at .*\n/gm, ''), stderr };
}

const passes = `it('passes at once', () => expect(1).toBe(1));`;

it('names a test that passed only at its second try, with its first error', () => {
  const flaky = `let tries = 0; it('is a race', () => expect((tries += 1), 'tries').toBe(2));`;
  expect(closingLines('flaky', `${flaky}\n${passes}`)).toEqual({
    status: 0,
    stdout: [
      'test: passed only at the second try: flaky.test.ts: is a race',
      '    AssertionError: tries: expected 1 to be 2 // Object.is equality',
      '2 passed, 0 failed, 1 only at the second try',
      '',
    ].join('\n'),
    stderr: '',
  });
});

it('fails for a test that fails twice, and for a suite that ran nothing', () => {
  const fails = `it('fails', () => expect(1).toBe(2));`;
  expect(closingLines('fails', `${fails}\n${passes}`)).toEqual({
    status: 1,
    stdout: '1 passed, 1 failed\n',
    stderr: '',
  });
  expect(closingLines('nothing', '')).toMatchObject({ status: 1, stdout: '0 passed, 0 failed\n' });
});

it('fails for a skipped test where nothing may be skipped', () => {
  const skipped = `it.skip('is skipped', () => {});`;
  const told = { stdout: '1 passed, 0 failed, 1 skipped\n' };
  expect(closingLines('skips', `${skipped}\n${passes}`)).toMatchObject({ status: 0, ...told });
  expect(closingLines('ci', `${skipped}\n${passes}`, { CI: 'true' })).toEqual({
    status: 1,
    ...told,
    stderr: 'test: CI=true, but tests were skipped\n',
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitFacts } from '../../src/source/git-facts.ts';

let dir = '';
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf-git-facts-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('gitFacts', () => {
  it('has none outside a repository, nor for a file that is not there', async () => {
    writeFileSync(join(dir, 'policy.yaml'), 'version: 1\n');
    expect(await gitFacts(join(dir, 'policy.yaml'))).toBeNull();
    expect(await gitFacts(join(dir, 'none.yaml'))).toBeNull();
  });

  it('says branch and commit, and whether the file is what was committed', async () => {
    git('init', '-q', '-b', 'main');
    mkdirSync(join(dir, 'sub'));
    const file = join(dir, 'sub', 'policy.yaml');
    writeFileSync(file, 'version: 1\n');
    expect(await gitFacts(file)).toEqual({ branch: 'main', commit: null, dirty: true });
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    const commit = git('rev-parse', 'HEAD');
    expect(await gitFacts(file)).toEqual({ branch: 'main', commit, dirty: false });
    writeFileSync(file, 'version: 2\n');
    expect(await gitFacts(file)).toEqual({ branch: 'main', commit, dirty: true });
    git('checkout', '-q', '--detach', '-f');
    expect(await gitFacts(file)).toEqual({ branch: null, commit, dirty: false });
  });

  it('runs no program that the repository names', async () => {
    git('init', '-q', '-b', 'main');
    const file = join(dir, 'policy.yaml');
    writeFileSync(file, 'version: 1\n');
    writeFileSync(join(dir, '.gitattributes'), '* filter=evil\n');
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    const ran = join(dir, 'ran');
    const evil = join(dir, 'evil');
    writeFileSync(evil, `#!/bin/sh\ntouch ${ran}\ncat\n`, { mode: 0o755 });
    git('config', 'core.fsmonitor', evil);
    git('config', 'filter.evil.clean', evil);
    git('config', 'core.hooksPath', dir);
    // The trap works: git's own status springs it.
    git('status', '--porcelain');
    expect(existsSync(ran)).toBe(true);
    rmSync(ran);
    writeFileSync(file, 'version: 1 # touched\n');
    expect(await gitFacts(file)).toMatchObject({ branch: 'main', dirty: true });
    expect(existsSync(ran)).toBe(false);
  });
});

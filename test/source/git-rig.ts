import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostSource } from '../../src/policy/host-file.ts';
import type { SourceSetting } from '../../src/source/look-at-source.ts';

/** A policy that is valid, told apart by its reserve. */
export const policyOf = (reserve: number): string => `version: 1
stores: { main: { path: /backups, reserve: ${reserve}% } }
schedules: { nightly: "0 2 * * *" }
retention: { all: { keep: all } }
defaults: { store: main, schedule: nightly, retention: all }
domains: [{ match: "*" }]
`;

/** What a commit changes, who signs it (nobody without `by`), and its date. */
export interface Change {
  readonly by?: string;
  readonly write?: Readonly<Record<string, string>>;
  readonly link?: Readonly<Record<string, string>>;
  readonly message?: string;
  readonly date?: string;
}

/** A repository with ssh keys beside it, and a state directory for the one who follows it. */
export class GitRig implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'hf-git-'));
  readonly repository = join(this.dir, 'upstream');
  readonly stateDir = join(this.dir, 'state');
  readonly signersFile = join(this.dir, 'allowed_signers');
  nowMs = Date.parse('2026-11-22T09:30:00.000Z');

  constructor(...signers: readonly string[]) {
    mkdirSync(this.repository);
    mkdirSync(this.stateDir);
    this.git('init', '-q', '-b', 'main');
    this.git('config', 'uploadpack.allowFilter', 'true');
    this.git('config', 'gpg.format', 'ssh');
    this.allow(...signers.map((name) => this.line(name)));
  }

  /** Path of somebody's private key; made when it is first asked for. */
  key(name: string): string {
    const path = join(this.dir, `${name}.key`);
    try {
      readFileSync(path);
    } catch {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
    }
    return path;
  }

  publicKey(name: string): string {
    return readFileSync(`${this.key(name)}.pub`, 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  }

  /** A line of the allowed signers. */
  line(name: string, options = ''): string {
    return `${name}@example.org ${options === '' ? '' : `${options} `}${this.publicKey(name)}`;
  }

  allow(...lines: readonly string[]): void {
    writeFileSync(this.signersFile, lines.map((line) => `${line}\n`).join(''), { mode: 0o644 });
  }

  git(...args: readonly string[]): string {
    return execFileSync(
      'git',
      ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args],
      {
        cwd: this.repository,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: {
          PATH: process.env['PATH'],
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_AUTHOR_DATE: this.#date,
          GIT_COMMITTER_DATE: this.#date,
        },
      },
    ).trim();
  }

  #date = '2026-11-22T08:00:00Z';

  /** Makes a commit on the branch that is checked out; its name. */
  commit({ by, write = {}, link = {}, message = 'change', date }: Change): string {
    if (date !== undefined) this.#date = date;
    for (const [name, text] of Object.entries(write)) {
      mkdirSync(dirname(join(this.repository, name)), { recursive: true });
      writeFileSync(join(this.repository, name), text);
    }
    for (const [name, target] of Object.entries(link)) {
      rmSync(join(this.repository, name), { force: true, recursive: true });
      symlinkSync(target, join(this.repository, name));
    }
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message, ...this.#signing(by));
    return this.head();
  }

  /** Merges a branch into the one that is checked out. */
  merge(branch: string, by?: string): string {
    this.git('merge', '-q', '--no-ff', '-m', `merge ${branch}`, ...this.#signing(by), branch);
    return this.head();
  }

  #signing(by: string | undefined): readonly string[] {
    return by === undefined ? [] : [`-S${this.key(by)}`];
  }

  head(): string {
    return this.git('rev-parse', 'HEAD');
  }

  /** The setting of one who follows this repository. */
  setting(changes: Partial<HostSource> = {}): SourceSetting {
    return {
      stateDir: this.stateDir,
      now: () => this.nowMs,
      source: {
        url: this.repository,
        branch: 'main',
        path: 'policy.yaml',
        verify: { signers: this.signersFile, revoked: null },
        ssh: { identityFile: null, knownHosts: null },
        timeoutSeconds: 20,
        maxAgeSeconds: 86_400,
        ...changes,
      },
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../src/process/run.ts';
import { builtProgram as main } from './build.ts';
import { LiveHost } from './host.ts';
import { Lab, sh, type LabDomain } from './lab.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples', 'ci');

interface Comment {
  readonly id: number;
  body: string;
}

let lab: Lab;
let host: LiveHost;
let domain: LabDomain;
let upstream = '';
let clone = '';
let path = '';
beforeAll(async () => {
  lab = await Lab.create();
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 1024 ** 2 }] });
  host = new LiveHost(lab, 'ci');
  host.writePolicy([domain]);
  await host.ok('fmt');
  upstream = join(host.dir, 'upstream.git');
  clone = join(host.dir, 'clone');
  await sh('git', 'init', '-q', '--bare', '-b', 'main', upstream);
  await sh('git', 'clone', '-q', upstream, clone);
  for (const forge of ['.github', '.gitlab']) {
    mkdirSync(join(clone, forge));
    copyFileSync(join(examples, 'comment.mjs'), join(clone, forge, 'comment.mjs'));
  }
  copyFileSync(host.policyFile, join(clone, 'policy.yaml'));
  await git('add', '.');
  await git('commit', '-q', '-m', 'policy');
  await git('push', '-q', 'origin', 'HEAD:main');
  const settings: unknown = JSON.parse(readFileSync(host.hostFile, 'utf8'));
  const publish = { url: upstream, branch: 'holdfast/state/kvm01' };
  writeFileSync(host.hostFile, JSON.stringify({ ...Object(settings), publish }));
  // What `npm install --global` puts on the PATH.
  const programs = join(host.dir, 'bin');
  mkdirSync(programs);
  const shim = `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`;
  writeFileSync(join(programs, 'holdfast'), shim, { mode: 0o755 });
  path = `${programs}:${process.env['PATH'] ?? ''}`;
});
afterAll(async () => lab[Symbol.asyncDispose]());

const git = async (...args: readonly string[]): Promise<string> =>
  sh('git', '-C', clone, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args);

it('publish tells the state of the host on its branch', async () => {
  expect(await host.ok('publish')).toMatch(
    new RegExp(`^holdfast/state/kvm01 of ${upstream} is [0-9a-f]{7} now\\.\\n$`),
  );
  await git('fetch', '-q', 'origin', 'holdfast/state/kvm01');
  expect((await git('ls-tree', '--name-only', 'FETCH_HEAD')).trim().split('\n')).toEqual([
    'observed.json',
    'plan.json',
    'plan.md',
    'status.json',
  ]);
  expect(JSON.parse(await git('show', 'FETCH_HEAD:plan.json'))).toMatchObject({
    actions: [{ kind: 'create-store' }, { kind: 'backup', address: `domain/${domain.name}` }],
  });
});

it('the workflow for GitHub checks, plans, and keeps one comment', async () => {
  await using forge = await Forge.start();
  const { env, jobs } = workflow('github.yml');
  const variables = {
    ...env,
    GITHUB_API_URL: forge.url,
    GITHUB_REPOSITORY: 'infra/backups',
    GITHUB_BASE_REF: 'main',
    'github.token': 'secret',
    'github.event.pull_request.number': '7',
  };
  const push = async (): Promise<string> => {
    let out = '';
    for (const step of jobs.plan.steps) {
      if (step.run === undefined || step.name === 'install') continue;
      const own = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([key, value]) => [key, filled(value, variables)]),
      );
      out += await bash(step.run, { ...variables, ...own });
    }
    return out;
  };
  expect(await push()).toContain('added the comment');
  expect(forge.comments[1]?.body).toContain('The change means nothing');
  const policy = readFileSync(join(clone, 'policy.yaml'), 'utf8');
  writeFileSync(join(clone, 'policy.yaml'), policy.replace('0 0 1 1 *', '0 0 * * *'));
  expect(await push()).toContain('changed the comment');
  writeFileSync(join(clone, 'policy.yaml'), policy);
  expect(forge.calls).toEqual([
    'GET /repos/infra/backups/issues/7/comments?per_page=100&page=1',
    'POST /repos/infra/backups/issues/7/comments',
    'GET /repos/infra/backups/issues/7/comments?per_page=100&page=1',
    'PATCH /repos/infra/backups/issues/comments/2',
  ]);
  expect(forge.authorization).toBe('Bearer secret');
  expect(forge.comments.map(({ body }) => body.split('\n')[1])).toEqual([
    undefined,
    '### Holdfast: what this change does',
  ]);
  expect(forge.comments[1]?.body).toContain(
    'This change alone, now: no action differs; no restore point is lost.',
  );
  expect(forge.comments[1]?.body).toContain('\nthe next 30 days\n');
});

it('the pipeline for GitLab does the same with a note, and stops at a mistake', async () => {
  await using forge = await Forge.start();
  const { holdfast } = pipeline('gitlab.yml');
  const variables = {
    ...holdfast.variables,
    CI_API_V4_URL: forge.url,
    CI_PROJECT_ID: '12',
    CI_MERGE_REQUEST_IID: '7',
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
    HOLDFAST_TOKEN: 'secret',
  };
  const script = holdfast.script.join('\n');
  expect(await bash(script, variables)).toContain('added the comment');
  expect(await bash(script, variables)).toContain('changed the comment');
  expect(forge.calls.filter((call) => !call.startsWith('GET'))).toEqual([
    'POST /projects/12/merge_requests/7/notes',
    'PUT /projects/12/merge_requests/7/notes/2',
  ]);
  expect(readFileSync(join(clone, 'junit.xml'), 'utf8')).toContain('failures="0"');
  const policy = readFileSync(join(clone, 'policy.yaml'), 'utf8');
  writeFileSync(join(clone, 'policy.yaml'), policy.replace(/(store"?: "?)main/, '$1mian'));
  await expect(bash(script, variables)).rejects.toThrow('exit 3');
  expect(
    JSON.parse(readFileSync(join(clone, 'gl-code-quality-report.json'), 'utf8')),
  ).toMatchObject([{ check_name: 'HP302', location: { path: 'policy.yaml' } }]);
});

/** Runs commands as a CI system does: in the clone, ending at the first that fails. */
async function bash(script: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const words = Object.entries({ ...variables, PATH: path, HOME: host.dir }).map(
    ([key, value]) => `${key}=${value}`,
  );
  const named = words.filter((word) => /^\w+=/.test(word));
  const ran = await run({
    program: 'env',
    args: ['-i', '-C', clone, ...named, 'bash', '-eo', 'pipefail', '-c', script],
    timeoutSeconds: 120,
  });
  if (!ran.ok)
    throw new Error(`exit ${ran.error.exitCode}: ${ran.error.stdout}${ran.error.stderr}`);
  return ran.value.stdout;
}

const filled = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{\{ *([\w.]+) *\}\}/g, (_all, name: string) => variables[name] ?? '');

interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: {
    readonly plan: {
      readonly steps: readonly {
        readonly name?: string;
        readonly run?: string;
        readonly env?: Readonly<Record<string, string>>;
      }[];
    };
  };
}

interface Pipeline {
  readonly holdfast: {
    readonly variables: Readonly<Record<string, string>>;
    readonly script: readonly string[];
  };
}

const workflow = (file: string): Workflow =>
  parse(readFileSync(join(examples, file), 'utf8')) as Workflow;
const pipeline = (file: string): Pipeline =>
  parse(readFileSync(join(examples, file), 'utf8')) as Pipeline;

/** The comments of a forge, as GitHub and GitLab answer for them; somebody has written one before. */
class Forge implements AsyncDisposable {
  readonly comments: Comment[] = [{ id: 1, body: 'looks good' }];
  readonly calls: string[] = [];
  authorization: string | undefined;
  url = '';
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  static async start(): Promise<Forge> {
    const forge = new Forge();
    forge.#server.listen(0, '127.0.0.1');
    await once(forge.#server, 'listening');
    forge.url = `http://127.0.0.1:${(forge.#server.address() as AddressInfo).port}`;
    return forge;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#told(request);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  }

  async #told(request: IncomingMessage): Promise<unknown> {
    this.calls.push(`${request.method} ${request.url}`);
    this.authorization = request.headers.authorization;
    let text = '';
    for await (const part of request) text += String(part);
    if (request.method === 'GET') return this.comments;
    const { body } = JSON.parse(text) as { readonly body: string };
    const id = Number(request.url?.split('/').at(-1));
    const known = this.comments.find((comment) => comment.id === id);
    if (known !== undefined) known.body = body;
    else this.comments.push({ id: this.comments.length + 1, body });
    return known ?? this.comments.at(-1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
  }
}

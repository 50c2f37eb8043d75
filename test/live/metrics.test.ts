import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, expect, it } from 'vitest';
import { run } from '../../src/process/run.ts';
import { builtProgram } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { sh, type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const packaging = join(import.meta.dirname, '..', '..', 'packaging');
const rules = join(packaging, 'prometheus', 'holdfast.rules.yml');

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
let told = '';
beforeAll(async () => {
  domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 1024 ** 2 }] });
  host = new LiveHost(lab, 'metrics', { rule: { rpo: '400d' } });
  host.writePolicy([domain]);
  const ran = await host.run('metrics');
  expect([ran.exit, ran.err]).toEqual([1, '']);
  told = ran.out;
});

/** Names of metrics in a text of ours or in an expression. */
const namesIn = (text: string): ReadonlySet<string> =>
  new Set(text.match(/holdfast_[a-z_]+/g) ?? []);

it('Prometheus takes the text, and replaces the file of its collector as a whole', async () => {
  const file = join(host.dir, 'holdfast.prom');
  expect((await host.run('metrics', '--out', file)).exit).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o644);
  const written = readFileSync(file, 'utf8');
  expect(namesIn(written)).toEqual(namesIn(told));
  const checked = await run({
    program: 'promtool',
    args: ['check', 'metrics'],
    input: written,
    timeoutSeconds: 60,
  });
  expect(checked).toMatchObject({ ok: true });
  expect((await host.run('metrics', '--out', join(host.dir, 'no', 'where'))).exit).toBe(1);
});

it('each alert fires for what it is named after', async () => {
  expect(await sh('promtool', 'check', 'rules', rules)).toContain('15 rules found');
  expect(
    await sh('promtool', 'test', 'rules', join(packaging, 'prometheus', 'holdfast.test.yml')),
  ).toContain('SUCCESS');
});

it('rules and dashboard speak of metrics that there are, in expressions that Prometheus reads', async () => {
  const known = namesIn(told);
  const dashboard = readFileSync(join(packaging, 'grafana', 'holdfast.json'), 'utf8');
  const used = [...namesIn(readFileSync(rules, 'utf8')), ...namesIn(dashboard)];
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((name) => !known.has(name))).toEqual([]);
  const expressions = [...dashboard.matchAll(/"expr": (".*?[^\\]")/g)].map(([, text]) =>
    String(JSON.parse(text ?? '""')).replaceAll('$instance', '.*'),
  );
  expect(expressions.length).toBeGreaterThan(10);
  const asRules = {
    groups: [
      {
        name: 'dashboard',
        rules: expressions.map((expr, index) => ({ record: `x:${index}`, expr })),
      },
    ],
  };
  const file = join(host.dir, 'dashboard.yml');
  writeFileSync(file, JSON.stringify(asRules));
  expect(await sh('promtool', 'check', 'rules', file)).toContain(
    `${expressions.length} rules found`,
  );
});

it('a real Prometheus scrapes the agent, and answers with the domain', async () => {
  const [agent, url] = await listeningAgent();
  const dir = join(host.dir, 'prometheus');
  mkdirSync(dir);
  const config = {
    global: { scrape_interval: '1s' },
    rule_files: [rules],
    scrape_configs: [
      {
        job_name: 'holdfast',
        static_configs: [{ targets: [new URL(url).host] }],
      },
    ],
  };
  writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify(config));
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  try {
    const api = `http://${await listening(prometheus.stderr)}/api/v1/query?query=`;
    const query = encodeURIComponent(`holdfast_domain_rpo_missed{domain="${domain.name}"}`);
    const answer = async (): Promise<unknown> => (await fetch(`${api}${query}`)).json();
    await eventually('the sample is there', async () =>
      JSON.stringify(await answer()).includes(domain.name),
    );
    expect(await answer()).toMatchObject({
      status: 'success',
      data: {
        result: [
          {
            metric: { domain: domain.name, uuid: domain.uuid, job: 'holdfast' },
            value: [expect.any(Number), '1'],
          },
        ],
      },
    });
  } finally {
    prometheus.kill();
    await once(prometheus, 'exit');
    agent.kill();
    expect(await once(agent, 'exit')).toEqual([0, null]);
  }
});

/** An agent that only looks, and where it listens. */
async function listeningAgent(): Promise<readonly [ChildProcess, string]> {
  const files = ['--host-config', host.hostFile, '--policy', host.policyFile];
  const words = ['agent', '--max-mode', 'observe', '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [builtProgram, '--json', ...files, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { readonly kind: string; readonly url?: string };
    if (event.url !== undefined) url = event.url;
    // The first look has ended.
    if (event.kind === 'agent-round') break;
  }
  child.stdout.resume();
  return [child, url];
}

/** The address that Prometheus says it listens on. */
async function listening(log: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: log })) {
    const [, address] = /msg="Listening on".* address=(\S+)/.exec(line) ?? [];
    if (address !== undefined) {
      log.resume();
      return address;
    }
  }
  throw new Error('Prometheus ended before it listened');
}

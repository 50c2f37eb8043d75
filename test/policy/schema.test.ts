import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { depths } from '../../src/model/verification.ts';
import { policySchemaErrors } from '../../src/policy/generated/policy-schema.ts';
import { isHostFile, type WrittenHostFile } from '../../src/policy/host-file.ts';
import {
  isPolicyFile,
  type PolicyFile,
  type WrittenKeep,
  type WrittenRule,
  type WrittenVerify,
} from '../../src/policy/policy-file.ts';

const root = join(import.meta.dirname, '..', '..');

interface Node {
  readonly $ref?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly definitions?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: boolean | Node;
  readonly items?: Node | readonly Node[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
}

const read = (name: string): Node =>
  JSON.parse(readFileSync(join(root, 'schema', `${name}.v1.schema.json`), 'utf8')) as Node;

/** Every key at every level of a type: the compiler says when one is missing or too many. */
type Whole<T> = T extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Whole<NonNullable<T[Key]>> }
    : T;

const keep: Whole<WrittenKeep> = {
  chains: 1,
  last: 1,
  hourly: 1,
  daily: 1,
  weekly: 1,
  monthly: 1,
  yearly: 1,
  within: '1d',
};
const settings = {
  store: 'main',
  schedule: 'nightly',
  retention: 'standard',
  mirrors: ['nas'],
  rpo: '26h',
  quiesce: 'required',
  tracker: 'never',
  encryptedDisks: 'plaintext',
  disks: { include: ['vda'], exclude: ['vdb'] },
  verify: { every: '7d', depth: 'hash', publish: 'source' },
  timeouts: { job: '1h', stall: '1m', agent: '10s' },
  drill: {
    every: '30d',
    boot: true,
    wait: 'port',
    port: 22,
    timeout: '5m',
    script: 'web-answers',
    from: 'nas',
  },
} as const satisfies Whole<Omit<WrittenRule, 'name' | 'uuid' | 'match'>>;

const rule: Whole<WrittenRule> = {
  ...settings,
  name: 'web01',
  uuid: '6a1d3c52-90ab-4f7e-8c11-2b4d5e6f7081',
  match: 'web-*',
};
const { name, uuid, match, ...rest } = rule;

/** Every key of a policy, as the types have them. */
const everyKey = {
  version: 1,
  host: 'kvm01',
  timezone: 'UTC',
  include: ['more.yaml'],
  stores: {
    main: {
      path: '/backups',
      reserve: '10%',
      alert: '14d',
      trash: { keepFor: '72h' },
      requireMount: true,
      limits: { jobs: 2, rate: '50MiB/s' },
      verify: { maxRate: '50MiB/s', maxTime: '1h' },
    },
  },
  schedules: { nightly: { cron: '0 2 * * *', jitter: '5m' } },
  retention: {
    standard: { chain: { maxPoints: 30, maxAge: '14d' }, keep, minPoints: 2 },
  },
  mirrors: {
    nas: {
      type: 'rsync',
      target: 'nas:/vol',
      retention: 'standard',
      reserve: '5%',
      bandwidth: '1MB/s',
      schedule: 'nightly',
      deletes: 'never',
      trash: { keepFor: '14d' },
      verify: { every: '7d', depth: 'hash', maxRate: '50MiB/s', maxTime: '1h' },
      ssh: { identityFile: '/key', knownHosts: '/hosts', port: 22 },
      configFile: '/rclone.conf',
    },
  },
  defaults: settings,
  domains: [
    { ...rest, name },
    { ...rest, uuid },
    { ...rest, match },
  ],
  ignore: ['scratch-*'],
  moved: [{ from: 'a', to: 'b' }],
  removed: [{ domain: 'old07', uuid, points: 'trash', chain: '20261122T020000Z-4f7a' }],
  agent: { mode: 'full', windows: ['sat,sun 22:00-06:00'] },
} satisfies PolicyFile & Whole<Omit<PolicyFile, 'domains'>>;

const everyHostKey: Whole<WrittenHostFile> = {
  version: 1,
  policy: '/etc/holdfast/policy.yaml',
  source: {
    url: 'git@git.example.org:infra/backups.git',
    branch: 'main',
    path: 'policy.yaml',
    verify: { signers: '/etc/holdfast/allowed_signers', revoked: '/etc/holdfast/revoked_keys' },
    ssh: { identityFile: '/etc/holdfast/git.key', knownHosts: '/etc/holdfast/known_hosts' },
    timeout: '60s',
    maxAge: '24h',
  },
  approvals: { signers: '/etc/holdfast/approvers', revoked: '/etc/holdfast/revoked_keys' },
  publish: {
    url: 'git@git.example.org:infra/backups.git',
    branch: 'holdfast/state/kvm01',
    ssh: { identityFile: '/etc/holdfast/git.key', knownHosts: '/etc/holdfast/known_hosts' },
    timeout: '60s',
    every: '10m',
  },
  uri: 'qemu:///system',
  stateDir: '/var/lib/holdfast',
  runtimeDir: '/run/holdfast',
  scratch: { path: '/var/lib/holdfast/scratch', limit: '40GiB' },
  limits: { jobs: 2, rate: '400MiB/s' },
  notify: [{ on: ['failed', 'blocked', 'rpo'], command: ['/usr/local/bin/page', 'holdfast'] }],
  drill: { memory: '2GiB', network: 'drill', scripts: { 'web-answers': ['/bin/true'] } },
  agent: {
    maxMode: 'additive',
    interval: '5m',
    listen: '127.0.0.1:9170',
    tokenFile: '/etc/holdfast/metrics.token',
  },
};

/** Pointers of every property that the schema has and a value uses, by walking both together. */
function walk(schema: Node, node: Node, value: unknown, at: string, seen: Set<string>): void {
  const target = node.$ref?.replace('#/definitions/', '');
  if (target !== undefined) {
    const definition = schema.definitions?.[target];
    if (definition === undefined) throw new Error(`No definition ${target}`);
    walk(schema, definition, value, `#${target}`, seen);
  }
  if (Array.isArray(value)) {
    const items = [node.items].flat().filter((item) => item !== undefined);
    for (const item of value) for (const one of items) walk(schema, one, item, `${at}[]`, seen);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, below] of Object.entries(value)) {
      const property = node.properties?.[key];
      if (property !== undefined) {
        seen.add(`${at}/${key}`);
        walk(schema, property, below, `${at}/${key}`, seen);
      } else if (typeof node.additionalProperties === 'object') {
        walk(schema, node.additionalProperties, below, `${at}/*`, seen);
      }
    }
  }
}

/** Every property of a schema: a short name, its pointer, and itself. */
function properties(schema: Node): readonly (readonly [string, string, Node])[] {
  const found: (readonly [string, string, Node])[] = [];
  const visit = (node: Node, at: string, pointer: string): void => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      const below = `${pointer}/properties/${key}`;
      found.push([`${at}/${key}`, below, child]);
      visit(child, `${at}/${key}`, below);
    }
  };
  visit(schema, '', '#');
  for (const [key, definition] of Object.entries(schema.definitions ?? {})) {
    found.push([`#${key}`, `#/definitions/${key}`, definition]);
    visit(definition, `#${key}`, `#/definitions/${key}`);
  }
  return found;
}

describe.each([
  ['policy', everyKey, isPolicyFile],
  ['host', everyHostKey, isHostFile],
] as const)('schema/%s.v1.schema.json', (file, value, accepts) => {
  const schema = read(file);

  it('accepts every key of the types', () => expect(accepts(value)).toBe(true));

  it('has no key that the types have not', () => {
    const seen = new Set<string>();
    walk(schema, schema, value, '', seen);
    const known = properties(schema)
      .map(([at]) => at)
      .filter((at) => !/^#[^/]+$/.test(at));
    expect(known.length).toBeGreaterThan(10);
    expect([...seen].toSorted()).toEqual(known.toSorted());
  });

  it('describes every property, with an example that it accepts', () => {
    const ajv = new Ajv({ allowUnionTypes: true, strict: false });
    ajv.addSchema(schema, 'it');
    for (const [at, pointer, node] of properties(schema)) {
      const target =
        node.$ref === undefined ? undefined : schema.definitions?.[node.$ref.slice(14)];
      const description = node.description ?? target?.description;
      expect(description, at).toMatch(/^[A-Zl`].*\.$/);
      const examples = node.examples ?? target?.examples ?? [];
      expect(examples.length, at).toBeGreaterThan(0);
      for (const example of [...examples, ...(node.default === undefined ? [] : [node.default])]) {
        expect([at, example, ajv.validate(`it${pointer}`, example)]).toEqual([at, example, true]);
      }
    }
  });

  it('has a sentence for every form', () => {
    const text = JSON.stringify(schema);
    expect(text.match(/"pattern"/g)?.length).toBe(
      Object.values(schema.definitions ?? {}).filter((node) => 'pattern' in node).length,
    );
  });
});

// Another program, which a busy machine starts late.
it('the validators in src are made from these schemas', { timeout: 60_000 }, () => {
  const said = execFileSync(process.execPath, ['scripts/build-validators.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(said).toMatch(/^[2-9] schemas, 0 modules written\n$/);
});

it('the words of the schema are those of the types', () => {
  // Each of these compiles only while the type has exactly these words.
  const words: Readonly<Record<string, Readonly<Record<string, true>>>> = {
    ruleQuiesce: { required: true, try: true, never: true } satisfies Record<
      NonNullable<WrittenRule['quiesce']>,
      true
    >,
    ruleTracker: { auto: true, never: true } satisfies Record<
      NonNullable<WrittenRule['tracker']>,
      true
    >,
    ruleEncryptedDisks: { refuse: true, plaintext: true } satisfies Record<
      NonNullable<WrittenRule['encryptedDisks']>,
      true
    >,
  };
  const { definitions } = read('policy');
  const verify = definitions?.['ruleVerify'];
  const publish = ['structure', 'source'] satisfies readonly WrittenVerify[];
  expect(verify?.pattern).toBe(`^(${publish.join('|')})$`);
  expect(verify?.properties?.['publish']?.enum).toEqual(publish);
  expect(verify?.properties?.['depth']?.enum).toEqual(depths);
  for (const [definition, those] of Object.entries(words)) {
    expect(definitions?.[definition]?.enum).toEqual(Object.keys(those));
  }
});

it('keys of later versions are errors', () => {
  for (const key of ['autostart', 'powerCycle', 'adopt', 'replicas']) {
    const data = { version: 1, domains: [{ name: 'web01', [key]: {} }] };
    expect(policySchemaErrors(data).map(({ params }) => params)).toEqual([
      { additionalProperty: key },
    ]);
  }
});

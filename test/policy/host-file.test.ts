import { describe, expect, it } from 'vitest';
import { defaultHostFile, parseHostFile } from '../../src/policy/host-file.ts';
import { told } from './reading.ts';

const file = '/etc/holdfast/host.yaml';

const withSource = (changes: object): string =>
  JSON.stringify({
    source: { url: '/srv/git/x.git', verify: { signers: '/signers' }, ...changes },
  });

describe('parseHostFile', () => {
  it('fills in every default', () => {
    expect(parseHostFile('# nothing\n', file)).toEqual({ ok: true, value: defaultHostFile });
    expect(parseHostFile('version: 1\n', file)).toEqual({ ok: true, value: defaultHostFile });
    expect(defaultHostFile).toEqual({
      policy: null,
      source: null,
      publish: null,
      approvals: null,
      uri: 'qemu:///system',
      stateDir: '/var/lib/holdfast',
      runtimeDir: '/run/holdfast',
      scratch: { path: '/var/lib/holdfast/scratch', limitBytes: null },
      limits: { jobs: 4, rateBytesPerSecond: null },
      notify: [],
      drill: { memoryLimitBytes: 2 * 1024 ** 3, network: null, scripts: {} },
      agent: { maxMode: 'full', intervalSeconds: 300, listen: null, tokenFile: null },
    });
  });

  it('reads every key', () => {
    const text = `policy: /srv/policy/policy.yaml
uri: qemu+unix:///system
stateDir: /srv/holdfast
runtimeDir: /run/hf
scratch: { limit: 40GiB }
publish: { url: /srv/state.git, branch: state/kvm01, timeout: 2m, every: 1h }
limits: { jobs: 2, rate: 400MB/s }
notify:
  - on: [failed, rpo]
    command: [/usr/local/bin/page, --from, "backup of kvm01"]
drill:
  memory: 4GiB
  network: drill
  scripts: { web-answers: [/usr/local/bin/web, -q] }
agent: { maxMode: additive, interval: 90s, listen: '[::1]:9170', tokenFile: /etc/token }
`;
    expect(parseHostFile(text, file)).toEqual({
      ok: true,
      value: {
        policy: '/srv/policy/policy.yaml',
        source: null,
        publish: {
          url: '/srv/state.git',
          branch: 'state/kvm01',
          ssh: { identityFile: null, knownHosts: null },
          timeoutSeconds: 120,
          everySeconds: 3600,
        },
        approvals: null,
        uri: 'qemu+unix:///system',
        stateDir: '/srv/holdfast',
        runtimeDir: '/run/hf',
        scratch: { path: '/srv/holdfast/scratch', limitBytes: 42_949_672_960 },
        limits: { jobs: 2, rateBytesPerSecond: 400_000_000 },
        notify: [
          { on: ['failed', 'rpo'], command: ['/usr/local/bin/page', '--from', 'backup of kvm01'] },
        ],
        drill: {
          memoryLimitBytes: 4 * 1024 ** 3,
          network: 'drill',
          scripts: { 'web-answers': ['/usr/local/bin/web', '-q'] },
        },
        agent: {
          maxMode: 'additive',
          intervalSeconds: 90,
          listen: '[::1]:9170',
          tokenFile: '/etc/token',
        },
      },
    });
  });

  it('tells what is wrong with scripts', () => {
    const host = parseHostFile('drill: { scripts: { "a b": [/bin/true], one: [sh, -c] } }\n', file);
    expect(!host.ok && told(host.error)).toEqual([
      '1:21 error HP208 /drill/scripts/a b the name "a b" cannot be used — letters, digits, dots, dashes and underscores, at most 64',
      '1:47 error HP205 /drill/scripts/one/0 "sh" has not the form that is needed — needed: an absolute path, without dot steps such as /../ in it; for example "/var/lib/holdfast"',
    ]);
  });

  it('tells every mistake with its place', () => {
    const text = `polcy: /srv/policy.yaml
scratch: { path: scratch, limit: 40 }
notify:
  - { on: [fail], command: page }
  - { on: [], command: [page] }
stateDir: *dir
`;
    const host = parseHostFile(text, file);
    expect(!host.ok && told(host.error)).toEqual([
      '1:1 error HP202 /polcy unknown key "polcy" — did you mean "policy"?',
      '2:18 error HP205 /scratch/path "scratch" has not the form that is needed — needed: an absolute path, without dot steps such as /../ in it; for example "/var/lib/holdfast"',
      '2:34 error HP201 /scratch/limit expected a text, got the number 40 — for example "48GiB"',
      '4:12 error HP204 /notify/0/on/0 "fail" is not one of failed, blocked, rpo — did you mean "failed"?',
      '4:28 error HP201 /notify/0/command expected a list, got the text "page" — write [page]',
      '5:11 error HP207 /notify/1/on the list is empty — for example [failed, rpo]',
      '5:25 error HP205 /notify/1/command/0 "page" has not the form that is needed — needed: an absolute path, without dot steps such as /../ in it; for example "/var/lib/holdfast"',
      '6:11 error HP102  a value that starts with * needs quotes: "*dir"',
      '6:11 error HP205 /stateDir "*dir" has not the form that is needed — needed: an absolute path, without dot steps such as /../ in it; for example "/var/lib/holdfast"',
    ]);
  });

  it('reads where the policy comes from, and who may sign and approve', () => {
    const text = `source:
  url: git@git.example.org:infra/backups.git
  verify: { signers: /etc/holdfast/allowed_signers }
approvals: { signers: /etc/holdfast/approvers, revoked: /etc/holdfast/revoked }
`;
    expect(parseHostFile(text, file)).toMatchObject({
      ok: true,
      value: {
        policy: null,
        source: {
          url: 'git@git.example.org:infra/backups.git',
          branch: 'main',
          path: 'policy.yaml',
          verify: { signers: '/etc/holdfast/allowed_signers', revoked: null },
          ssh: { identityFile: null, knownHosts: null },
          timeoutSeconds: 60,
          maxAgeSeconds: 86_400,
        },
        approvals: { signers: '/etc/holdfast/approvers', revoked: '/etc/holdfast/revoked' },
      },
    });
  });

  it.each([
    'git@git.example.org:infra/backups.git',
    'nas:backups.git',
    'ssh://git@git.example.org:2222/infra/backups.git',
    'ssh://[::1]/backups.git',
    'https://git.example.org/infra/backups.git',
    'file:///srv/git/x.git',
    '/srv/git/x.git',
  ])('takes %s for a repository', (url) => {
    expect(parseHostFile(withSource({ url }), file).ok).toBe(true);
  });

  it.each([
    'ext::sh -c touch% /tmp/x',
    'fd::7',
    'git://git.example.org/x.git',
    'http://git.example.org/x.git',
    'https://user:secret@git.example.org/x.git',
    'https://token@git.example.org/x.git',
    'ssh://user:secret@git.example.org/x.git',
    'ssh://-oProxyCommand=x/y',
    '-oProxyCommand=x:y',
    '--upload-pack=x',
    'relative/x.git',
    'a@b:x\ny',
  ])('does not take %s for one', (url) => {
    const host = parseHostFile(withSource({ url }), file);
    expect(!host.ok && host.error.map(({ code, path }) => [code, path])).toEqual([
      ['HP205', '/source/url'],
    ]);
  });

  it.each([
    [{ branch: '-x' }, '/source/branch'],
    [{ branch: 'a..b' }, '/source/branch'],
    [{ branch: 'a:b' }, '/source/branch'],
    [{ branch: '+main' }, '/source/branch'],
    [{ path: '../x.yaml' }, '/source/path'],
    [{ path: '/etc/x.yaml' }, '/source/path'],
    [{ path: 'a/../b.yaml' }, '/source/path'],
    [{ path: 'a//b.yaml' }, '/source/path'],
    [{ verify: { signers: 'signers' } }, '/source/verify/signers'],
    [{ timeout: '60' }, '/source/timeout'],
  ])('does not take %o', (change, path) => {
    const host = parseHostFile(withSource(change), file);
    expect(!host.ok && host.error.map((one) => [one.code, one.path])).toEqual([['HP205', path]]);
  });

  it('tells what is missing, and that policy and source exclude each other', () => {
    const text = `policy: /etc/holdfast/policy.yaml
source:
  url: /srv/git/x.git
`;
    const host = parseHostFile(text, file);
    expect(!host.ok && told(host.error)).toEqual([
      '1:1 error HP330 /policy policy and source exclude each other — remove the one that is not meant',
      '2:1 error HP203 /source the key "verify" is missing — for example verify: { signers: "/etc/holdfast/allowed_signers" }',
    ]);
  });
});

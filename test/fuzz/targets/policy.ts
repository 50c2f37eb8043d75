import { domainUuid } from '../../../src/model/identity.ts';
import { formatPolicy } from '../../../src/policy/format-policy.ts';
import { parseHostFile } from '../../../src/policy/host-file.ts';
import { readPolicy } from '../../../src/policy/read-policy.ts';
import { renderDiagnostics } from '../../../src/policy/render-diagnostics.ts';
import { resolvePolicy } from '../../../src/policy/resolve-policy.ts';
import { readerOf } from '../../policy/reading.ts';
import { filesBelow, inputs } from '../seeds.ts';
import { mustBeBounded, mustBePlain, mustHold, type Target } from '../target.ts';

const known = ['web01', 'db-1', 'a\nb', '../x', 'Größe'].map((name, index) => ({
  uuid: domainUuid(`6a1d0f3e-1111-4222-8333-44445555666${index}`),
  name,
}));

const keys = [
  'version: 1',
  'stores:',
  'schedules:',
  'retention:',
  'defaults:',
  'domains:',
  'include:',
  'ignore:',
  'moved:',
  'removed:',
  'mirrors:',
  'host:',
  'timezone:',
  'match: "*"',
  'name: ',
  'uuid: ',
  'path: /backups',
  'cron: "0 2 * * *"',
  'jitter: 30m',
  'keep: { daily: 7 }',
  'chain: { maxPoints: 1 }',
  'chain: null',
  '&a',
  '*a',
  '!!binary',
  '---',
  '|',
  '>-',
  '? ',
  'match: "/(a+)+$/"',
  'reserve: 10%',
  '99999999999999999999h',
  '0GiB',
  '1e9TiB/s',
  '<<: ',
];

/** What is told of a text that is no policy, or of one that is. */
function told(text: string): string {
  const policy = readPolicy('policy.yaml', readerOf({ 'policy.yaml': text, 'b.yaml': text }));
  if (!policy.ok) return renderDiagnostics(policy.error, { color: false });
  const desired = resolvePolicy(policy.value, known, { branch: null, commit: null });
  for (const { retention, rpoSeconds } of desired.domains) {
    mustHold(retention.minPoints >= 1, 'a domain may keep no point at all');
    mustHold(rpoSeconds === null || Number.isFinite(rpoSeconds), 'an RPO is no number');
  }
  return renderDiagnostics(policy.value.warnings, { color: false });
}

/** The policy: what is wrong with it is told in bounded, harmless text; formatting keeps its meaning. */
export const policyTarget: Target = {
  name: 'policy',
  seeds: () => filesBelow('examples/policies', '.yaml'),
  words: keys,
  run(input) {
    const text = input.toString();
    const answer = told(text);
    mustBePlain(answer, 'a diagnostic');
    mustBeBounded(answer, input, 'what is told of a policy');
    const formatted = formatPolicy(text, 'policy.yaml');
    if (!formatted.ok) return;
    const texts = [text, formatted.value].map((one) => readerOf({ 'policy.yaml': one }));
    const [before, after] = texts.map((reader) => readPolicy('policy.yaml', reader));
    if (before?.ok === true && after !== undefined) {
      mustHold(after.ok, 'a good policy is bad when it is formatted');
      if (after.ok)
        mustHold(before.value.digest === after.value.digest, 'formatting changes the meaning');
    }
  },
};

/** The host file. */
export const hostFileTarget: Target = {
  name: 'host-file',
  seeds: () =>
    inputs(
      'version: 1\n',
      'version: 1\nuri: qemu:///system\nstateDir: /var/lib/holdfast\nruntimeDir: /run/holdfast\n' +
        'policy: /etc/holdfast/policy.yaml\nscratch: { path: /var/lib/s, limit: 10GiB }\n' +
        'limits: { jobs: 2 }\nnotify:\n  - command: [/bin/mail, -s, x]\n    on: [failed, blocked]\n',
    ),
  words: ['uri: ', 'scratch: ', 'notify: ', 'limits: ', 'jobs: ', '- command: []', 'on: [rpo]'],
  run(input) {
    const host = parseHostFile(input.toString(), 'host.yaml');
    if (host.ok) {
      for (const { command } of host.value.notify)
        mustHold(command.length > 0 && command[0].startsWith('/'), 'a relative program is run');
      return;
    }
    const answer = renderDiagnostics(host.error, { color: false });
    mustBePlain(answer, 'a diagnostic');
    mustBeBounded(answer, input, 'what is told of a host file');
  },
};

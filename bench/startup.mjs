// What a person waits for before anything happens: `--version` against Node itself, and `validate` of a
// policy of 1,000 domains.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, measure, ratio, seconds, table, verdict } from './measure.mjs';

export const title = 'Start-up';

const rounds = 10;

export async function run() {
  const cli = join(import.meta.dirname, '..', 'dist', 'bin', 'main.js');
  const work = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const policy = join(work, 'policy.yaml');
    writeFileSync(policy, largePolicy(1000));
    const node = (...args) => measure(process.execPath, args);
    const [bare, version, validate, plan] = await compare(
      [
        { name: 'node -e 0', run: () => node('-e', '0') },
        { name: 'holdfast --version', run: () => node(cli, '--version') },
        { name: 'holdfast validate', run: () => node(cli, '--policy', policy, 'validate') },
        { name: 'holdfast plan', run: () => node(cli, ...smallHost(work), 'plan') },
      ],
      rounds,
    );
    const row = (result, target, isMet) => [
      result.name,
      seconds(result.seconds),
      `${ratio(result.seconds, bare.seconds)} ×`,
      target,
      isMet === undefined ? '' : verdict(isMet),
      `${result.peakMiB.toFixed(0)} MiB`,
    ];
    return table(
      ['command', 's', 'of `node -e 0`', 'target', 'verdict', 'memory'],
      [
        row(bare, ''),
        row(version, 'at most 2 ×', version.seconds <= 2 * bare.seconds),
        row(validate, '0.8 s (1,000 domains)', validate.seconds <= 0.8),
        row(plan, ''),
      ],
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** libvirt's test driver with its one domain, and an empty store. */
function smallHost(work) {
  const at = (name) => join(work, name);
  mkdirSync(at('store'), { recursive: true });
  const host = { uri: 'test:///default', stateDir: at('state'), runtimeDir: at('run') };
  writeFileSync(at('host.yaml'), JSON.stringify(host));
  const store = { path: at('store'), reserve: '1MiB' };
  const rules = [{ match: '*', schedule: '0 2 * * *' }];
  writeFileSync(
    at('small.yaml'),
    JSON.stringify({ version: 1, stores: { main: store }, domains: rules }),
  );
  return ['--host-config', at('host.yaml'), '--policy', at('small.yaml')];
}

function largePolicy(count) {
  const domains = Array.from(
    { length: count },
    (_, index) => `  - { name: vm${index}, schedule: ${index % 2 === 0 ? 'nightly' : 'hourly'} }`,
  );
  return `version: 1
timezone: Europe/Berlin
stores: { main: { path: /backups } }
schedules: { nightly: "0 2 * * *", hourly: "15 * * * *" }
retention: { standard: { chain: { maxPoints: 30 }, keep: { chains: 1 } } }
defaults: { store: main, schedule: nightly, retention: standard }
domains:
${domains.join('\n')}
`;
}

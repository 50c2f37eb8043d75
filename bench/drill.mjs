// How long a drill takes until the guest is usable, beside a normal boot of the same guest from its own image.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, ratio, table, text, verdict } from './measure.mjs';
import { boot, virsh, withTinyGuest } from './tiny-guest.mjs';

export const title = 'A drill beside a normal boot';

const root = join(import.meta.dirname, '..');
/** Guest data in the image: a drill must not depend on how much it is. */
const dataMiB = 2048;

// A drill prepares an overlay and a definition before it boots the same guest.
const limit = 1.5;

export async function run() {
  return withTinyGuest({ label: 'drill', dataMiB }, async ({ work, name }) => {
    const holdfast = hostOf(work, name);
    await boot(name);
    holdfast('apply', '--auto-approve', '--now', `domain/${name}`);
    virsh('destroy', name);
    const found = { boot: [], drill: [], whole: [] };
    for (let round = 0; round < 4; round += 1) {
      const booted = await boot(name);
      virsh('destroy', name);
      const begun = performance.now();
      const said = holdfast('--json', 'drill', `domain/${name}`, '--timeout', '5m');
      const whole = (performance.now() - begun) / 1000;
      // The first round is not counted.
      if (round === 0) continue;
      found.boot.push(booted);
      found.drill.push(usableSeconds(said));
      found.whole.push(whole);
    }
    const normal = median(found.boot);
    const usable = median(found.drill);
    const row = (what, seconds, judged = ['', '']) => [
      what,
      seconds.toFixed(1),
      `${ratio(seconds, normal)} ×`,
      ...judged,
    ];
    return table(
      ['', 'seconds', 'of a normal boot', 'target', 'verdict'],
      [
        row('normal boot until the agent answers', normal),
        row('drill until the agent answers', usable, [
          `at most ${limit} ×`,
          verdict(usable / normal <= limit),
        ]),
        row('the whole command, with clean-up', median(found.whole)),
      ],
    );
  });
}

/** What the run said of its one action. */
function usableSeconds(said) {
  const events = said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const outcome = events.find(({ kind }) => kind === 'action-finished')?.outcome;
  if (outcome?.code !== 'done') throw new Error(`the drill did not pass: ${said}`);
  return outcome.usableSeconds;
}

/** The program, with a host and a policy of its own. */
function hostOf(work, name) {
  const at = (...path) => join(work, ...path);
  mkdirSync(at('store'));
  mkdirSync(at('scratch'), { mode: 0o711 });
  const host = {
    stateDir: at('state'),
    runtimeDir: at('run'),
    scratch: { path: at('scratch') },
    drill: { memory: '256MiB' },
  };
  writeFileSync(at('host.yaml'), JSON.stringify(host));
  const policy = {
    version: 1,
    stores: { main: { path: at('store'), reserve: '1MiB' } },
    domains: [{ name, schedule: '0 0 1 1 *' }],
    ignore: ['*'],
  };
  writeFileSync(at('policy.yaml'), JSON.stringify(policy));
  const files = ['--host-config', at('host.yaml'), '--policy', at('policy.yaml')];
  return (...args) =>
    text(process.execPath, join(root, 'dist', 'bin', 'main.js'), ...files, ...args);
}

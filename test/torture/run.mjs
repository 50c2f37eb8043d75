// `npm run torture -- --minutes N [--seed S] [--only simulator|crash|faults|fuzz]`: what docs/proof.md explains, for as
// long as one likes. Prints a scoreboard; exits 1 on any violation, with the way to meet it again.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { text } from '../../bench/measure.mjs';

const areas = ['simulator', 'crash', 'faults', 'fuzz'];
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: areas },
  },
});
const minutes = Number(values.minutes);
const firstSeed = Number(values.seed);
const unknown = values.only.filter((area) => !areas.includes(area));
if (unknown.length > 0 || !(minutes >= 0) || !Number.isSafeInteger(firstSeed)) {
  process.stderr.write(`torture: --minutes N --seed S --only ${areas.join('|')}\n`);
  process.exit(64);
}

// A run shorter than this proves little; its figures are not worth keeping.
const minutesWorthKeeping = 30;
const root = join(import.meta.dirname, '..', '..');
const built = join(root, 'node_modules', '.cache', 'torture');
const work = mkdtempSync(join(tmpdir(), 'hf-torture-'));
const scores = join(work, 'scores');
/** @type {{ counts: Map<string, number>, faults: Map<string, number>, violations: { what: string, replay: string }[] }} */
const board = { counts: new Map(), faults: new Map(), violations: [] };
const say = (line) => void process.stdout.write(`${line}\n`);
const add = (map, key, by) => map.set(key, (map.get(key) ?? 0) + by);

execFileSync('bash', ['scripts/install-packages.sh'], { cwd: root, stdio: 'inherit' });
mkdirSync(built, { recursive: true });
const tsc = join(root, 'node_modules', '.bin', 'tsc');
execFileSync(tsc, ['-p', 'test', '--noEmit', 'false', '--outDir', built], {
  cwd: root,
  stdio: 'inherit',
});
writeFileSync(join(built, 'package.json'), '{"type":"module"}');

/** Simulator and fuzzer: a process that prints what it counted. */
function pureShare(area, seconds, seed) {
  const script = join(built, 'test', 'torture', 'share.js');
  const ran = spawnSync(process.execPath, [script, area, String(seconds), String(seed)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const replay = `npm run torture -- --minutes ${Math.ceil(seconds / 60)} --only ${area} --seed ${seed}`;
  if (ran.status !== 0) {
    board.violations.push({
      what: `${area} ended with ${ran.status ?? ran.signal}: ${ran.stderr.slice(-2000)}`,
      replay,
    });
    return;
  }
  const { counts, faults, violations } = JSON.parse(ran.stdout.trim().split('\n').at(-1));
  for (const [key, value] of Object.entries(counts)) add(board.counts, key, value);
  for (const [key, value] of Object.entries(faults)) add(board.faults, `simulated: ${key}`, value);
  board.violations.push(...violations);
}

/** Live tests, which append to a file what they counted. */
function liveShare(area, files, env) {
  rmSync(scores, { force: true });
  const words = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const args = ['vitest', 'run', '--config', 'test/live.config.ts', ...files];
  const ran = spawnSync('npx', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...env, HOLDFAST_SCORE: scores, NO_COLOR: '1' },
  });
  const lines = existsSync(scores) ? readFileSync(scores, 'utf8').trim().split('\n') : [];
  for (const line of lines) {
    const { kind, compared } = JSON.parse(line);
    add(board.counts, area === 'crash' ? 'crash points (real)' : 'faults (real)', 1);
    add(board.counts, 'points compared (real)', compared);
    add(board.faults, `real: ${kind}`, 1);
  }
  if (ran.status !== 0) {
    board.violations.push({
      what: `${ran.stderr.slice(-6000)}\n${ran.stdout.slice(-1000)}`,
      replay: `${words.join(' ')} npx ${args.join(' ')}`,
    });
  }
}

// Every place at which the program, QEMU or libvirtd is killed, in turn.
const crashes = [
  ...[
    'first',
    'increment',
    'off',
    'rotation',
    'trash-restore',
    'restore-as',
    'restore-in-place',
  ].map((story) => [story, 'holdfast']),
  ...['increment', 'off', 'rotation'].flatMap((story) => [
    [story, 'qemu'],
    [story, 'libvirtd'],
  ]),
];
const faults = ['faults-disk', 'faults-libvirt', 'faults-injected'];

function share(area, round, seed, seconds) {
  if (area === 'crash') {
    const [story, victim] = crashes[round % crashes.length];
    liveShare(area, ['crash-calls'], {
      HOLDFAST_CRASH: '8',
      HOLDFAST_CRASH_SEED: seed,
      HOLDFAST_CRASH_STORY: story,
      HOLDFAST_CRASH_VICTIM: victim,
    });
  } else if (area === 'faults') {
    liveShare(area, [faults[round % faults.length]], {
      HOLDFAST_FAULTS: 'all',
      HOLDFAST_CRASH_SEED: seed,
    });
  } else {
    pureShare(area, seconds, seed);
  }
}

const table = (map, [first, second]) =>
  [
    `| ${first} | ${second} |`,
    '| --- | ---: |',
    ...[...map].map(([key, value]) => `| ${key} | ${value.toLocaleString('en')} |`),
  ].join('\n');

const startedAt = performance.now();
const passed = () => (performance.now() - startedAt) / 60_000;
// Short enough that each area has its turn in a run of a few minutes.
const seconds = Math.max(1, Math.min(120, (minutes * 60) / 6));
try {
  for (let turn = 0; turn === 0 || passed() < minutes; turn += 1) {
    const area = values.only[turn % values.only.length];
    const round = Math.floor(turn / values.only.length);
    // Far apart: the simulator takes as many seeds from one on as it has time for.
    const seed = firstSeed + round * 1_000_000;
    const before = board.violations.length;
    share(area, round, seed, seconds);
    const found = board.violations.length - before;
    for (const { what, replay } of board.violations.slice(before)) {
      say(`VIOLATION\n${what}\nagain: ${replay}\n`);
    }
    say(
      `${passed().toFixed(1).padStart(6)} min  ${area}, seed ${seed}${found === 0 ? '' : `: ${found} VIOLATIONS`}`,
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

board.counts.set('violations', board.violations.length);
const scoreboard = `${table(board.counts, ['counted', ''])}\n\n${table(board.faults, ['fault', 'met'])}\n`;
say(`\n${scoreboard}`);
for (const { replay } of board.violations) say(`violation; again: ${replay}`);
if (passed() >= minutesWorthKeeping && values.only.length === areas.length) {
  const file = join(root, 'docs', 'proof.md');
  const from = '<!-- torture: from here on written by npm run torture -->';
  const head = readFileSync(file, 'utf8').split(from)[0];
  const host = `Node ${process.version}, libvirt ${text('virsh', '--version')}, ${text('qemu-img', '--version').split('\n')[0]}`;
  const said = `\`npm run torture -- --minutes ${minutes} --seed ${firstSeed}\` (${host}) ran ${Math.round(passed())} minutes:`;
  writeFileSync(file, `${head}${from}\n\n${said}\n\n${scoreboard}`);
  say('Written to docs/proof.md');
}
process.exitCode = board.violations.length === 0 ? 0 : 1;

// `npm run torture -- --minutes N [--seed S] [--only AREA] [--report FILE]`: what docs/proof.md
// explains, for as long as one likes. Prints a scoreboard; exits 1 on any violation, with the way to meet it again.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Board } from './board.mjs';
import { liveRound } from './live-round.mjs';
import { pureRound } from './pure-round.mjs';
import { rounds } from './rounds.mjs';
import { writeFigures } from './write-figures.mjs';

// Side by side, because what meets the real libvirt mostly waits; in each lane, shares of its time.
const lanes = [
  { crash: 4, faults: 3, agent: 2 },
  { simulator: 2, 'agent-stories': 1, fuzz: 1 },
];
const areas = lanes.flatMap((lane) => Object.keys(lane));
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: areas },
    report: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const firstSeed = Number(values.seed);
const only = areas.filter((area) => values.only.includes(area));
const isWrong = values.only.some((area) => !areas.includes(area));
if (isWrong || !(minutes >= 0) || !Number.isSafeInteger(firstSeed)) {
  process.stderr.write(`torture: --minutes N --seed S --only ${areas.join('|')} --report FILE\n`);
  process.exit(64);
}

// A run shorter than this proves little; its figures are not worth keeping on a page that all read.
const minutesWorthKeeping = 30;
const root = join(import.meta.dirname, '..', '..');
const page =
  values.report ??
  (minutes >= minutesWorthKeeping && only.length === areas.length
    ? join(root, 'docs', 'proof.md')
    : null);

execFileSync('bash', ['scripts/install-packages.sh'], { cwd: root, stdio: 'inherit' });
const built = join(root, 'node_modules', '.cache', 'torture');
mkdirSync(built, { recursive: true });
execFileSync(
  join(root, 'node_modules', '.bin', 'tsc'),
  ['-p', 'test', '--noEmit', 'false', '--outDir', built],
  { cwd: root, stdio: 'inherit' },
);
writeFileSync(join(built, 'package.json'), '{"type":"module"}');

// Asked to stop: the round that runs is ended, what it left is taken away, and the score so far is told.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(signal));

const board = new Board();
const say = (line) => void process.stdout.write(`${line}\n`);
const startedAt = performance.now();
const passed = () => (performance.now() - startedAt) / 60_000;
const spent = new Map(only.map((area) => [area, 0]));
const told = new Map(only.map((area) => [area, 0]));
// Short enough that each has its turn in a run of a few minutes.
const seconds = Math.max(1, Math.min(120, (minutes * 60) / (only.length === 1 ? 1 : 6)));

/** Round after round of the areas of a lane, until the time is over. */
async function runLane(weights) {
  const own = only.filter((area) => area in weights);
  for (let turn = 0; (turn === 0 || passed() < minutes) && !stop.signal.aborted; turn += 1) {
    // Whichever has had least of the time that is due to it.
    const [area] = own.toSorted((a, b) => spent.get(a) / weights[a] - spent.get(b) / weights[b]);
    if (area === undefined) return;
    const begunAt = performance.now();
    await runRound(area, told.get(area));
    told.set(area, told.get(area) + 1);
    spent.set(area, spent.get(area) + performance.now() - begunAt);
  }
}

async function runRound(area, number) {
  // Far apart: the simulator takes as many seeds from one on as it has time for.
  const seed = firstSeed + number * 1_000_000;
  // Another seed begins with another kind.
  const round = rounds[area]?.[(number + firstSeed) % rounds[area].length];
  const before = new Set(board.violations);
  await (round === undefined
    ? pureRound({ root, built, area, seed, seconds, board, stop: stop.signal })
    : liveRound({ root, area, round, seed, board, stop: stop.signal }));
  const found = board.violations.filter((each) => each.area === area && !before.has(each));
  for (const { what, replay } of found) say(`VIOLATION\n${what}\nagain: ${replay}\n`);
  const verdict = found.length === 0 ? '' : `: ${found.length} VIOLATIONS`;
  say(`${passed().toFixed(1).padStart(6)} min  ${round?.name ?? area}, seed ${seed}${verdict}`);
}

await Promise.all(lanes.map(runLane));

for (const area of only) {
  board.add('rounds', area, told.get(area));
  board.add('minutes', area, Math.round(spent.get(area) / 60_000));
}
say(`\n${board.text()}`);
for (const { replay } of board.violations) say(`violation; again: ${replay}`);
if (page !== null && !stop.signal.aborted) {
  const command = `npm run torture -- --minutes ${minutes} --seed ${firstSeed}`;
  writeFigures({ root, page, command, minutes: passed(), board });
  say(`Written to ${page}`);
}
const interrupted = stop.signal.reason === 'SIGTERM' ? 143 : 130;
process.exitCode = board.violations.length > 0 ? 1 : stop.signal.aborted ? interrupted : 0;

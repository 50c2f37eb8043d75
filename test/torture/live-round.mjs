import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endWhatIsLeft } from './end-what-is-left.mjs';
import { runToEnd } from './run-to-end.mjs';

// The longest of them takes a third of this on a busy machine with two cores.
const mostSeconds = 1200;

/**
 * Live tests with a temporary directory of their own: what they leave in it is found, ended and told. They append to
 * a file what they counted.
 */
export async function liveRound({ root, area, round, seed, board, stop }) {
  // Short: names of sockets below it must not exceed 108 bytes. QEMU's user goes through it.
  const temporary = mkdtempSync('/tmp/hft-');
  chmodSync(temporary, 0o711);
  const scores = join(temporary, 'scores');
  const asked = { ...round.env, HOLDFAST_CRASH_SEED: String(seed) };
  const args = ['vitest', 'run', '--config', 'test/live.config.ts', ...round.args];
  try {
    const { ended, all } = await runToEnd('npx', args, {
      cwd: root,
      env: { ...asked, HOLDFAST_SCORE: scores, NO_COLOR: '1', TMPDIR: temporary },
      seconds: mostSeconds,
      stop,
    });
    count(scores, area, board);
    const left = await endWhatIsLeft(temporary);
    if (stop.aborted) return;
    const words = Object.entries(asked).map(([key, value]) => `${key}=${value}`);
    const quoted = args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg));
    const replay = `${words.join(' ')} npx ${quoted.join(' ')}`;
    if (ended !== 0)
      board.violation(area, `${round.name}: ${ended}\n${all.slice(-12_000)}`, replay);
    else if (left.length > 0) board.violation(area, `left behind:\n${left.join('\n')}`, replay);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

const counted = { crash: 'crash points', faults: 'faults', agent: 'kills of the agent' };

function count(scores, area, board) {
  const lines = existsSync(scores) ? readFileSync(scores, 'utf8').trim().split('\n') : [];
  for (const line of lines) {
    const { kind, compared } = JSON.parse(line);
    board.add('counted', counted[area], 1);
    board.add('counted', 'points compared', compared);
    board.add(area === 'faults' ? 'faults' : 'killed', kind, 1);
  }
}

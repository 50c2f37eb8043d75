import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { runToEnd } from './run-to-end.mjs';

/** Simulator, the agent on it, and fuzzer: a process that prints what it counted. */
export async function pureRound({ root, built, area, seed, seconds, board, stop }) {
  const script = join(built, 'test', 'torture', 'share.js');
  // A story or an input that never ends is a violation too.
  const { ended, out, all } = await runToEnd(
    // Whoever meets the real libvirt comes first; but nobody starves, because inputs must be over in time.
    'nice',
    ['-n', '5', process.execPath, script, area, String(seconds), String(seed)],
    { cwd: root, env: {}, seconds: seconds * 2 + 120, stop },
  );
  if (stop.aborted) return;
  if (ended !== 0) {
    const again = `npm run torture -- --minutes ${Math.max(1, Math.ceil(seconds / 60))}`;
    board.violation(
      area,
      `${area}: ${ended}: ${all.slice(-4000)}`,
      `${again} --only ${area} --seed ${seed}`,
    );
    return;
  }
  const share = JSON.parse(out.trim().split('\n').at(-1));
  for (const [key, value] of Object.entries(share.counts)) board.add('counted', key, value);
  for (const [key, value] of Object.entries(share.faults))
    board.add('simulated faults', key, value);
  for (const { what, replay, input } of share.violations)
    board.violation(area, what, replay ?? keep(input));
}

/** The command that keeps an input as one that is tried for ever, and tries it. */
function keep({ target, base64 }) {
  const name = createHash('sha256').update(base64, 'base64').digest('hex').slice(0, 12);
  const file = `test/fuzz/corpus/${target}/${name}`;
  return `mkdir -p test/fuzz/corpus/${target} && echo ${base64} | base64 -d >${file} && npx vitest run --config test/vitest.config.ts fuzz`;
}

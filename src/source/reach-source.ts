import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { lastWords } from './git.ts';
import { readyClone, underLock, type SourceSetting } from './look-at-source.ts';
import { readSourceState } from './state.ts';

/**
 * Whether the branch can be reached, by the very settings of a fetch; its newest commit. Nothing is fetched,
 * and what is in force stays so. A failure says what git or ssh say.
 */
export async function reachSource(setting: SourceSetting): Promise<Result<string, Failure>> {
  const { url, branch, timeoutSeconds } = setting.source;
  return underLock(setting, async () => {
    const state = readSourceState(setting.stateDir);
    if (!state.ok) return state;
    const ready = readyClone(setting, state.value.inForce?.commit ?? null);
    if (!ready.ok) return ready;
    const ref = `refs/heads/${branch}`;
    const listed = await ready.value.git(['ls-remote', 'origin', ref], timeoutSeconds);
    if (!listed.ok) return listed;
    if (listed.value.exit !== 0) return unreachable(url, lastWords(listed.value.err));
    const [tip = ''] = listed.value.out.split('\t');
    return tip === '' ? unreachable(url, `it has no branch ${branch}`) : ok(tip);
  });
}

function unreachable(url: string, why: string): Result<never, Failure> {
  return fail({ code: 'source-unreachable', message: `${url} could not be reached: ${why}` });
}

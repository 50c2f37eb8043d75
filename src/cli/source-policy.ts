import { instantOf, secondsBetween } from '../model/instant.ts';
import { fail, type Result } from '../model/result.ts';
import type { HostFile, HostSource } from '../policy/host-file.ts';
import { guards } from '../reporter/guards.ts';
import { humanAge } from '../reporter/human-duration.ts';
import { sourceRefusalWords } from '../reporter/source.ts';
import type { SourceSetting } from '../source/look-at-source.ts';
import type { OpenedSource } from '../source/open-source.ts';
import { complain, say, type Context, type Refusal } from './context.ts';

/** A host file's git source, as its room wants it. */
export function sourceSetting(context: Context, host: HostFile, source: HostSource): SourceSetting {
  return { source, stateDir: host.stateDir, now: context.clock.now };
}

/**
 * The policy of the host file's git source, and on standard error which commit
 * is in force; or what is wrong with it, in which case the last good one counts.
 * Exit status 8 where there is none.
 */
export async function sourcePolicy(
  context: Context,
  host: HostFile,
  source: HostSource,
  fetch: boolean,
): Promise<Result<OpenedSource, Refusal>> {
  // Loaded here: where the policy is a file there is no use for it.
  const { openSource } = await import('../source/open-source.ts');
  const opened = await openSource(sourceSetting(context, host, source), { fetch });
  const at = instantOf(context.clock.now());
  const { timeZone: timezone } = Intl.DateTimeFormat().resolvedOptions();
  if (!opened.ok) {
    const { code, message, refusal } = opened.error;
    return fail({
      exit: 8,
      code,
      message:
        refusal === null
          ? `the policy source gives no policy: ${message}`
          : `the policy source gives no policy: ${sourceRefusalWords(refusal, { at, timezone })}. ${guards[refusal.code]?.remedy ?? ''}`,
    });
  }
  const { inForce, state } = opened.value;
  say(
    context,
    `Policy ${inForce.path} at ${inForce.branch} ${inForce.commit.slice(0, 7)}, signed by ${inForce.signer}.`,
  );
  const stays = 'the last good policy stays in force';
  if (state.refused !== null) {
    complain(context, `${sourceRefusalWords(state.refused.refusal, { at, timezone })}; ${stays}`);
  }
  if (state.failed !== null) complain(context, `${state.failed.failure.message}; ${stays}`);
  const age = state.fetchedAt === null ? null : secondsBetween(state.fetchedAt, at);
  if (age !== null && age > source.maxAgeSeconds)
    complain(
      context,
      `the policy source was last seen ${humanAge(age)} ago: what was committed since is not in force`,
    );
  return opened;
}

import { resolve } from 'node:path';
import type { DomainRef } from '../model/action-base.ts';
import type { DesiredState } from '../model/desired.ts';
import type { ObservedState } from '../model/observed.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { HostFile } from '../policy/host-file.ts';
import type { Policy } from '../policy/policy.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { renderDiagnostics } from '../policy/render-diagnostics.ts';
import { resolvePolicy, unmatchedRules, type GitFacts } from '../policy/resolve-policy.ts';
import { decideColor } from '../reporter/color.ts';
import { say, type Context, type Refusal } from './context.ts';
import { isMissing } from './file-trouble.ts';
import { directoryReader, inputName } from './policy-reader.ts';

/** A policy that is in force, and where it came from. */
export interface LoadedPolicy extends Policy {
  /** All its files as one text, for the diff that the next plan shows. */
  readonly text: string;
  readonly git: GitFacts;
}

/** The policy's file as it was named: `--policy`, the host file's, else `policy.yaml`. */
export function policyFile({ globals }: Context, host: HostFile): string {
  return globals.policy ?? host.policy ?? 'policy.yaml';
}

/**
 * Reads and checks the policy: of `--policy`, else of the host file's git
 * source or file. Its mistakes are the refusal, all of them; its warnings are
 * said. With `fetch` a git source is looked at first; else what is in force counts.
 */
export async function loadPolicy(
  context: Context,
  host: HostFile,
  fetch = false,
): Promise<Result<LoadedPolicy, Refusal>> {
  const { terminal, globals } = context;
  if (globals.policy === undefined && host.source !== null) {
    // Loaded here: where the policy is a file there is no use for it.
    const { sourcePolicy } = await import('./source-policy.ts');
    const source = await sourcePolicy(context, host, host.source, fetch);
    if (!source.ok) return source;
    const { inForce, reader, git } = source.value;
    return checkedPolicy(context, readPolicy(inForce.path, reader), async () => git);
  }
  const file = policyFile(context, host);
  if (file !== '-' && isMissing(resolve(terminal.cwd, file)))
    return fail({
      exit: 3,
      code: 'no-policy',
      message: `there is no policy ${file}: holdfast init writes one, --policy FILE names another`,
    });
  const input = file === '-' ? await terminal.readInput() : null;
  const main = input === null ? file : inputName;
  const policy = readPolicy(main, directoryReader(terminal.cwd, main, input));
  return checkedPolicy(context, policy, async (texts) =>
    gitOf(texts.map((one) => resolve(terminal.cwd, one.file))),
  );
}

async function checkedPolicy(
  { terminal, globals }: Context,
  policy: ReturnType<typeof readPolicy>,
  gitFactsOf: (texts: Policy['texts']) => Promise<GitFacts>,
): Promise<Result<LoadedPolicy, Refusal>> {
  const color = decideColor({ flag: globals.color, env: terminal.env, isTTY: terminal.errIsTty });
  if (!policy.ok) {
    const below = renderDiagnostics(policy.error, { color }).trimEnd();
    return fail({ exit: 3, code: 'policy-invalid', message: 'the policy is not valid:', below });
  }
  const { warnings, texts } = policy.value;
  if (warnings.length > 0 && globals.quiet !== true)
    terminal.err(`${renderDiagnostics(warnings, { color }).trimEnd()}\n`);
  return ok({ ...policy.value, text: joined(texts), git: await gitFactsOf(texts) });
}

/**
 * What stands in for a policy where there is none (`--store DIR`): the host
 * may be lost, and its store hangs on another one. It names the store, keeps
 * everything in it, and takes no points by itself.
 */
export function policyOfStore(path: string): Result<LoadedPolicy, Refusal> {
  const text = `version: 1
timezone: UTC
stores: { store: { path: ${JSON.stringify(path)} } }
schedules: { never: "0 0 1 1 *" }
retention: { all: { keep: all } }
defaults: { store: store, schedule: never, retention: all }
domains: [{ match: "*" }]
`;
  const policy = readPolicy('--store', { read: () => ok(text) });
  if (policy.ok) return ok({ ...policy.value, text, git: { branch: null, commit: null } });
  // Only the path is not ours.
  const why = policy.error.map(({ summary }) => summary).join('; ');
  return fail({ exit: 64, code: 'bad-store', message: `--store: ${why}` });
}

/** The commit that holds all these files as they are; none when one of them differs from it. */
async function gitOf(files: readonly string[]): Promise<GitFacts> {
  // Loaded here: `validate` and `fmt` have no use for git, and a start costs what it loads.
  const { gitFacts } = await import('../source/git-facts.ts');
  const all = await Promise.all(files.map(async (file) => gitFacts(file)));
  const [main] = all;
  if (!main) return { branch: null, commit: null };
  const clean = all.every((facts) => facts?.dirty === false && facts.commit === main.commit);
  return { branch: main.branch, commit: clean ? main.commit : null };
}

function joined(texts: Policy['texts']): string {
  const [main] = texts;
  if (texts.length === 1 && main !== undefined) return main.text;
  return texts.map(({ file, text }) => `# ${file}\n${text}`).join('\n');
}

/** What the policy means for the domains that libvirt reports or that stores hold points of. */
export function desiredOf(policy: LoadedPolicy, observed: ObservedState): DesiredState {
  return resolvePolicy(policy, knownDomains(observed), policy.git);
}

function knownDomains({ hypervisor, stores }: ObservedState): readonly DomainRef[] {
  return [
    // libvirt's names before those of manifests: a renamed domain has its new one.
    ...(hypervisor.seen ? [...hypervisor.value.domains, ...hypervisor.value.unseenDomains] : []),
    ...stores.flatMap(({ state }) => (state.kind === 'ready' ? state.directories : [])),
  ];
}

/** Names and uuids of the domains that libvirt, a store, or a rule of their own knows. */
export function domainNames(policy: LoadedPolicy, observed: ObservedState): ReadonlySet<string> {
  const ruled = policy.rules.flatMap(({ selector }) =>
    selector.kind === 'name' ? [selector.name] : selector.kind === 'uuid' ? [selector.uuid] : [],
  );
  return new Set([...ruled, ...knownDomains(observed).flatMap(({ name, uuid }) => [name, uuid])]);
}

/** Says which rules are for a domain that nobody knows: spelt wrongly, such a rule backs nothing up. */
export function sayUnmatched(
  context: Context,
  policy: LoadedPolicy,
  observed: ObservedState,
): void {
  if (!observed.hypervisor.seen) return;
  for (const { domain, place } of unmatchedRules(policy, knownDomains(observed)))
    say(
      context,
      `${place.file}:${place.line}: no domain is called ${domain}: this rule backs nothing up`,
    );
}

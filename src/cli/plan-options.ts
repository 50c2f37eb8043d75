import { Option, type Command } from 'commander';
import { addressOf, parseAddress } from '../model/address.ts';
import type { Plan, Request } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { guards } from '../reporter/guards.ts';
import type { Refusal } from './context.ts';
import { nearbyDomain } from './did-you-mean.ts';

/** What may be asked of a plan beside the policy. */
export interface AskOptions {
  readonly target?: readonly string[];
  readonly now?: readonly string[];
  readonly full?: boolean;
  readonly note?: string;
  readonly hold?: boolean;
  readonly allow?: readonly string[];
}

/** Appends a value to those that a repeated option has collected. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Declares the options that `plan` and `apply` share. */
export function addAskOptions(command: Command): Command {
  return command
    .option('--target <addr>', 'only this domain; without deletions (repeatable)', collect)
    .option('--now <addr>', 'a point now, whatever the schedule says (repeatable)', collect)
    .option('--full', 'with --now: a full')
    .option('--note <text>', 'with --now: a text that the point carries')
    .option('--hold', 'with --now: the point is held')
    .addOption(
      new Option(
        '--allow <code=scope>',
        'override one guard for one address (repeatable)',
      ).argParser(collect),
    );
}

/** Reads those options. */
export function requestOf(options: AskOptions): Result<Request, Refusal> {
  const targets: string[] = [];
  for (const text of options.target ?? []) {
    const address = domainAddress(text, '--target');
    if (!address.ok) return address;
    targets.push(address.value);
  }
  const now: Request['now'][number][] = [];
  const hold = options.hold === true ? (options.note ?? 'asked for with --hold') : null;
  for (const text of options.now ?? []) {
    const address = domainAddress(text, '--now');
    if (!address.ok) return address;
    const [full, note] = [options.full === true, options.note ?? null];
    now.push({ address: address.value, full, note, hold });
  }
  if (now.length === 0) {
    const [lone] = (['full', 'note', 'hold'] as const).filter(
      (name) => options[name] !== undefined,
    );
    if (lone !== undefined) return usage('now-missing', `--${lone} says how with --now ADDR`);
  }
  const allow: Request['allow'][number][] = [];
  for (const text of options.allow ?? []) {
    const [, code, scope] = /^(G\d{3})=(.+)$/s.exec(text) ?? [];
    if (code === undefined || scope === undefined)
      return usage('bad-allow', `--allow ${text}: write CODE=SCOPE, as in G201=domain/web01`);
    // An override that overrides nothing would be believed.
    if (guards[code]?.liftable !== true)
      return usage(
        'bad-allow',
        guards[code] === undefined
          ? `--allow ${text}: there is no guard ${code}`
          : `--allow ${text}: ${code} has no override; holdfast explain ${code} says why`,
      );
    allow.push({ code, scope });
  }
  const asked = options.target === undefined ? null : targets;
  return ok({ targets: asked, now, allow, unattended: false });
}

/** An address that names a whole domain of this host, in its usual form. */
function domainAddress(text: string, option: string): Result<string, Refusal> {
  const address = parseAddress(text);
  if (address === null || address.mirror !== null || address.chain !== null)
    return usage('bad-address', `${option} ${text}: write a domain, as in domain/web01`);
  return ok(addressOf(address.domain));
}

/**
 * Refuses what was asked of a domain that nobody knows, or that no rule selects: who asks for a point
 * before an upgrade must not read "No changes" and exit status 0. Null if all of it is known.
 */
export function misaddressed(plan: Pick<Plan, 'incomplete' | 'notes' | 'domains'>): Refusal | null {
  // What could not be looked at may hold it.
  if (plan.incomplete) return null;
  for (const { code, address } of plan.notes) {
    if (code === 'no-such-address') {
      const name = parseAddress(address)?.domain ?? address;
      const near = nearbyDomain(
        name,
        plan.domains.map(({ domain }) => domain.name),
      );
      const message = `${address}: neither the policy, nor this host, nor a store knows it${near || '; see holdfast status'}`;
      return { exit: 64, code, message };
    }
    if (code === 'asked-unmanaged') {
      const message = `${address}: no rule of the policy selects it, so no point can be taken; add it under domains:`;
      return { exit: 64, code, message };
    }
  }
  return null;
}

/** A wrong command line. */
export function usage(
  code: string,
  message: string,
): { readonly ok: false; readonly error: Refusal } {
  return fail({ exit: 64, code, message });
}

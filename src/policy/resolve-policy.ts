import type { DomainRef } from '../model/action-base.ts';
import type { DesiredDomain, DesiredState, IgnoredDomain, SourcePlace } from '../model/desired.ts';
import type { SourceRefusal } from '../model/policy-source.ts';
import type { Policy, Rule } from './policy.ts';

/** Where a policy came from, when it came from git. */
export interface GitFacts {
  readonly branch: string | null;
  readonly commit: string | null;
  /** A newer commit is there and may not be followed. */
  readonly refused?: SourceRefusal;
}

/**
 * What a policy means for the domains that are known: those that the
 * hypervisor reports, and those that stores hold points of. Of two entries
 * with one uuid the first counts. A uuid beats an exact name, which beats
 * `ignore:`, which beats the first pattern that matches. A domain whose points
 * are all `removed:` is selected by no pattern.
 */
export function resolvePolicy(
  policy: Policy,
  known: readonly DomainRef[],
  git: GitFacts,
): DesiredState {
  const select = selectorOf(policy);
  const domains: DesiredDomain[] = [];
  const ignored: IgnoredDomain[] = [];
  const byUuid = new Map(known.toReversed().map((domain) => [domain.uuid, domain]));
  for (const { uuid, name } of [...byUuid.values()].toSorted(byName)) {
    const found = select({ uuid, name });
    if (found === null) continue;
    if ('settings' in found) {
      domains.push({ uuid, name, place: found.place, ...found.settings });
    } else ignored.push({ uuid, name, place: found.place });
  }
  const used = new Set(policy.rules.map(({ settings }) => settings.store));
  return {
    policy: {
      file: policy.file,
      digest: policy.digest,
      branch: git.branch,
      commit: git.commit,
      rules: policy.rules.length,
      ...(git.refused === undefined ? {} : { refused: git.refused }),
    },
    host: policy.host,
    timezone: policy.timezone,
    stores: policy.stores.map((store) =>
      used.has(store.name) ? store : { ...store, isUnused: true },
    ),
    mirrors: policy.mirrors,
    domains,
    ignored,
    moved: policy.moved,
    removed: policy.removed,
  };
}

function byName(a: DomainRef, b: DomainRef): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.uuid < b.uuid ? -1 : a.uuid > b.uuid ? 1 : 0;
}

/** The rule or the ignored name that is for a domain; null if there is none. */
function selectorOf({
  rules,
  ignore,
  removed,
}: Policy): (domain: DomainRef) => Rule | { readonly place: SourcePlace } | null {
  const names = new Map<string, Rule>();
  const uuids = new Map<string, Rule>();
  const patterns: { readonly rule: Rule; readonly matches: (name: string) => boolean }[] = [];
  for (const rule of rules) {
    const { selector } = rule;
    if (selector.kind === 'name') names.set(selector.name, rule);
    else if (selector.kind === 'uuid') uuids.set(selector.uuid, rule);
    else patterns.push({ rule, matches: selector.pattern.matches });
  }
  const gone = new Set(removed.filter(({ chain }) => chain === null).map(({ uuid }) => uuid));
  return ({ uuid, name }) =>
    uuids.get(uuid) ??
    names.get(name) ??
    ignore.find(({ pattern }) => pattern.matches(name)) ??
    (gone.has(uuid) ? null : (patterns.find(({ matches }) => matches(name))?.rule ?? null));
}

/** Rules for one domain that is not known: a name that is spelt wrongly backs nothing up. */
export function unmatchedRules(
  { rules }: Policy,
  known: readonly DomainRef[],
): readonly { readonly domain: string; readonly place: SourcePlace }[] {
  const names = new Set<string>(known.flatMap(({ name, uuid }) => [name, uuid]));
  return rules.flatMap(({ selector, place }) => {
    if (selector.kind === 'match') return [];
    const domain = selector.kind === 'name' ? selector.name : selector.uuid;
    return names.has(domain) ? [] : [{ domain, place }];
  });
}

import type { SourcePlace } from '../model/desired.ts';
import { domainUuid } from '../model/identity.ts';
import type { Diagnostic } from './diagnostic.ts';
import { compilePattern, takesAll, type Pattern } from './pattern.ts';
import type { WrittenRule } from './policy-file.ts';
import type { Policy, Rule, Selector } from './policy.ts';
import type { SettingsInput, WrittenAt } from './settings-input.ts';
import { checkReferences, settingsOf, type Missing } from './settings.ts';
import { diagnose, placeOf, type Path, type Source } from './source.ts';
import type { UsableFile } from './usable.ts';

/** A rule with its selector, before it is known what it means. */
interface SelectedRule extends WrittenAt {
  readonly written: WrittenRule;
  readonly selector: Selector;
}

interface Ignored {
  readonly pattern: Pattern;
  readonly place: SourcePlace;
}

/** Rules and ignored names of all files, in order, with their means checked. */
export function readRules(
  files: readonly UsableFile[],
  input: Omit<SettingsInput, 'rule'>,
): Pick<Policy, 'rules' | 'ignore'> {
  const { found } = input;
  if (input.defaults !== null) checkReferences(input.defaults, input.definitions, found);
  const ignore = readIgnored(files, found);
  const selected = files.flatMap((file) => readSelectors(file, found));
  checkTwice(selected, found);
  checkIgnored(selected, ignore, found);
  checkShadowed(selected, ignore, found);
  const rules: Rule[] = [];
  const missing = new Map<Missing, SelectedRule[]>();
  for (const rule of selected) {
    checkReferences(rule, input.definitions, found);
    const settings = settingsOf({ ...input, rule });
    if (settings === null) continue;
    if ('store' in settings) {
      rules.push({ selector: rule.selector, place: placeOf(rule.source, rule.path), settings });
    } else {
      for (const key of settings) missing.set(key, [...(missing.get(key) ?? []), rule]);
    }
  }
  for (const [key, those] of missing) tellMissing(key, those, input, found);
  return { rules, ignore };
}

/** One sentence for all rules that lack the same: one line under `defaults:` mends them. */
function tellMissing(
  key: Missing,
  rules: readonly SelectedRule[],
  { definitions }: Omit<SettingsInput, 'rule'>,
  found: Diagnostic[],
): void {
  const [first] = rules;
  if (first === undefined) return;
  const others = rules.length === 1 ? '' : `, and ${rules.length - 1} more`;
  const section = key === 'store' ? 'stores' : 'schedules';
  const names = [...definitions[section].keys()];
  found.push(
    diagnose(first.source, first.path, {
      code: key === 'store' ? 'HP317' : 'HP318',
      summary: `this rule has no ${key}${others}`,
      detail:
        names[0] === undefined
          ? `define one under ${section}: and name it under defaults:`
          : `write it under defaults:, for example ${key}: ${names[0]}`,
    }),
  );
}

function compile(text: string, source: Source, path: Path, found: Diagnostic[]): Pattern | null {
  const pattern = compilePattern(text);
  if (pattern.ok) return pattern.value;
  const summary = `the pattern "${text}" cannot be compiled: ${pattern.error.message}`;
  found.push(diagnose(source, path, { code: 'HP313', summary }));
  return null;
}

function readIgnored(files: readonly UsableFile[], found: Diagnostic[]): readonly Ignored[] {
  return files.flatMap(({ source, file, indexes }) =>
    (file.ignore ?? []).flatMap((text, position) => {
      const path = ['ignore', indexes.ignore[position] ?? position];
      const pattern = compile(text, source, path, found);
      return pattern === null ? [] : [{ pattern, place: placeOf(source, path) }];
    }),
  );
}

function readSelectors(
  { source, file, indexes }: UsableFile,
  found: Diagnostic[],
): readonly SelectedRule[] {
  return (file.domains ?? []).flatMap((written, position) => {
    const path = ['domains', indexes.domains[position] ?? position];
    const selector = selectorOf(written, source, path, found);
    return selector === null ? [] : [{ written, source, path, selector }];
  });
}

function selectorOf(
  { name, uuid, match }: WrittenRule,
  source: Source,
  path: Path,
  found: Diagnostic[],
): Selector | null {
  if (name !== undefined) return { kind: 'name', name };
  if (uuid !== undefined) return { kind: 'uuid', uuid: domainUuid(uuid.toLowerCase()) };
  const pattern = compile(match ?? '', source, [...path, 'match'], found);
  return pattern === null ? null : { kind: 'match', pattern };
}

function checkTwice(rules: readonly SelectedRule[], found: Diagnostic[]): void {
  const firsts = new Map<string, SelectedRule>();
  for (const rule of rules) {
    const { selector, source, path } = rule;
    if (selector.kind === 'match') continue;
    const what = selector.kind === 'name' ? selector.name : selector.uuid;
    const key = `${selector.kind} ${what}`;
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, rule);
      continue;
    }
    const place = placeOf(first.source, first.path);
    found.push(
      diagnose(source, [...path, selector.kind], {
        code: 'HP312',
        summary: `"${what}" has a rule at ${place.file}:${place.line} already`,
        detail: 'merge the two',
      }),
    );
  }
}

/** The name that an entry of `ignore:` means exactly; null for a pattern. */
function exactName({ glob }: Pattern): string | null {
  if (glob === null || glob.some(({ kind }) => kind !== 'text')) return null;
  return glob.map((token) => (token.kind === 'text' ? token.text : '')).join('');
}

function checkIgnored(
  rules: readonly SelectedRule[],
  ignore: readonly Ignored[],
  found: Diagnostic[],
): void {
  const exact = new Map(ignore.map(({ pattern, place }) => [exactName(pattern), place]));
  for (const { selector, source, path } of rules) {
    const place = selector.kind === 'name' ? exact.get(selector.name) : undefined;
    if (place === undefined || selector.kind !== 'name') continue;
    found.push(
      diagnose(source, [...path, 'name'], {
        code: 'HP314',
        summary: `"${selector.name}" has a rule and is ignored at ${place.file}:${place.line}`,
        detail: 'remove one of them',
      }),
    );
  }
}

/** Warns of patterns that come too late: the first that matches wins, and `ignore:` before all. */
function checkShadowed(
  rules: readonly SelectedRule[],
  ignore: readonly Ignored[],
  found: Diagnostic[],
): void {
  const earlier: { pattern: Pattern; place: SourcePlace; who: string }[] = ignore.map((entry) => ({
    ...entry,
    who: 'under ignore: at',
  }));
  for (const { selector, source, path } of rules) {
    if (selector.kind !== 'match') continue;
    const { pattern } = selector;
    const taker = earlier.find((other) => takesAll(other.pattern, pattern));
    if (taker !== undefined) {
      const { place, who } = taker;
      found.push(
        diagnose(source, [...path, 'match'], {
          severity: 'warning',
          code: 'HP401',
          summary: `this rule never matches: "${taker.pattern.text}" ${who} ${place.file}:${place.line} takes every such name`,
          detail: 'put the narrower pattern first, or remove this rule',
        }),
      );
    }
    earlier.push({ pattern, place: placeOf(source, path), who: 'at' });
  }
}

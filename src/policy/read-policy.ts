import { digestOf } from '../model/canonical.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { parseWindow } from '../schedule/window.ts';
import { isTimeZone, timeZoneNames } from '../schedule/zone.ts';
import { readDefinitions, type Definitions } from './definitions.ts';
import { hasErrors, sortDiagnostics, type Diagnostic, type Diagnostics } from './diagnostic.ts';
import { loadFiles, type LoadedFiles, type PolicyReader } from './include.ts';
import { readMirrors } from './mirrors.ts';
import { readMoves } from './moves.ts';
import { suggestion } from './nearest.ts';
import type { WrittenAgent } from './policy-file.ts';
import type { Policy } from './policy.ts';
import { readRules } from './rules.ts';
import type { WrittenAt } from './settings-input.ts';
import { diagnose } from './source.ts';
import type { UsableFile } from './usable.ts';

/**
 * Reads a policy and what it includes, and checks all of it: the YAML, the
 * form, the meaning. A failure has every mistake at once, by place, and the
 * warnings; a success has the warnings in the policy.
 */
export function readPolicy(file: string, reader: PolicyReader): Result<Policy, Diagnostics> {
  const loaded = loadFiles(file, reader);
  const found: Diagnostic[] = [...loaded.diagnostics];
  const main = loaded.files.find(({ source }) => source.file === file);
  const policy = main === undefined ? null : build(main, loaded, found);
  const told = sortDiagnostics(
    unique(found),
    loaded.texts.map((one) => one.file),
  );
  return policy === null || hasErrors(told) ? fail(told) : ok({ ...policy, warnings: told });
}

function build(
  main: UsableFile,
  { files, texts, partial }: LoadedFiles,
  found: Diagnostic[],
): Omit<Policy, 'warnings'> {
  checkMainOnly(main, files, found);
  const timezone = checkZone(main, found);
  const definitions = readDefinitions(files, found);
  const defaults: WrittenAt | null =
    main.file.defaults === undefined
      ? null
      : { written: main.file.defaults, source: main.source, path: ['defaults'] };
  // What looks missing may stand in the part that could not be read.
  const told: Diagnostic[] = [];
  const { rules, ignore } = readRules(files, { defaults, definitions, timezone, found: told });
  checkNoRules(main, files, told);
  const moves = readMoves(files, rules, found);
  const mirrors = readMirrors(definitions, { main, timezone, found: told });
  // A rule with an error may mean the one that seems unused.
  if (!hasErrors([...found, ...told])) checkUnused(definitions, rules, files, told);
  found.push(...told.filter(({ code }) => !partial || !dependsOnAll.has(code)));
  const stores = [...definitions.stores.values()].filter((store) => store !== null);
  const agent = readAgent(main.file.agent);
  const meaning = {
    host: main.file.host ?? null,
    timezone,
    stores: Object.fromEntries(stores.map((store) => [store.name, withoutPlace(store)])),
    mirrors: Object.fromEntries(mirrors.map((mirror) => [mirror.name, withoutPlace(mirror)])),
    rules: rules.map(({ selector, settings }) => [
      selector.kind === 'match' ? { ...selector, pattern: selector.pattern.text } : selector,
      settings,
    ]),
    ignore: ignore.map(({ pattern }) => pattern.text),
    moved: moves.moved.map((move) => withoutPlace(move)),
    removed: moves.removed.map((removal) => withoutPlace(removal)),
    ...(main.file.agent === undefined ? {} : { agent }),
  };
  return {
    file: main.source.file,
    texts,
    digest: digestOf(meaning),
    host: meaning.host,
    timezone,
    stores,
    mirrors,
    rules,
    ignore,
    ...moves,
    agent,
  };
}

/** Without a word of it the agent deletes nothing, and works at any time. */
function readAgent({ mode = 'additive', windows = [] }: WrittenAgent = {}): Policy['agent'] {
  // The schema has checked their form.
  return { mode, windows: windows.flatMap((text) => parseWindow(text) ?? []) };
}

/** A record without the line that it stands on, which means nothing. */
function withoutPlace(record: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'place'));
}

/** What cannot be said while a part of the policy is missing. */
const dependsOnAll: ReadonlySet<string> = new Set(['HP301', 'HP317', 'HP318', 'HP401']);

function checkMainOnly(main: UsableFile, files: readonly UsableFile[], found: Diagnostic[]): void {
  for (const { source, file } of files) {
    if (source === main.source) continue;
    for (const key of ['host', 'timezone', 'defaults', 'agent'] as const) {
      if (file[key] === undefined) continue;
      const summary = `${key} stands only in the main file`;
      const detail = `move it to ${main.source.file}`;
      found.push(diagnose(source, [key], { code: 'HP321', summary, detail }, 'key'));
    }
  }
}

function checkZone({ source, file }: UsableFile, found: Diagnostic[]): string {
  const { timezone = 'UTC' } = file;
  if (isTimeZone(timezone)) return timezone;
  const near = suggestion(timezone, timeZoneNames());
  found.push(
    diagnose(source, ['timezone'], {
      code: 'HP309',
      summary: `"${timezone}" is not a time zone`,
      detail: near?.startsWith('did you') === true ? near : 'names look like Europe/Berlin or UTC',
    }),
  );
  return 'UTC';
}

function checkNoRules(
  { source, file }: UsableFile,
  files: readonly UsableFile[],
  found: Diagnostic[],
): void {
  if (files.some((one) => (one.file.domains ?? []).length > 0)) return;
  found.push(
    diagnose(
      source,
      file.domains === undefined ? ['version'] : ['domains'],
      {
        code: 'HP301',
        summary: 'the policy selects no domain',
        detail: 'write domains: [{ match: "*" }] to back up all of them',
      },
      'key',
    ),
  );
}

function checkUnused(
  { stores, mirrors }: Definitions,
  rules: Policy['rules'],
  files: readonly UsableFile[],
  found: Diagnostic[],
): void {
  const used = {
    stores: new Set(rules.map(({ settings }) => settings.store)),
    mirrors: new Set(rules.flatMap(({ settings }) => settings.mirrors)),
  };
  for (const { source, file } of files) {
    for (const section of ['stores', 'mirrors'] as const) {
      for (const name of Object.keys(file[section] ?? {})) {
        const known = section === 'stores' ? stores : mirrors;
        if (used[section].has(name) || !known.get(name)) continue;
        const what = section === 'stores' ? 'store' : 'mirror';
        const summary = `no rule uses the ${what} "${name}"`;
        found.push(
          diagnose(source, [section, name], { severity: 'warning', code: 'HP404', summary }, 'key'),
        );
      }
    }
  }
}

/** The same thing said twice of one place: a default is checked with every rule that takes it. */
function unique(diagnostics: Diagnostics): Diagnostics {
  const seen = new Set<string>();
  return diagnostics.filter(({ range, path, code, summary }) => {
    const key = JSON.stringify([range?.filename, range?.start, path, code, summary]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

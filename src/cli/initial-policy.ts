import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import { humanBytes } from '../reporter/human-bytes.ts';
import { printable } from '../reporter/printable.ts';

/** What a first policy is written from. */
export interface InitFacts {
  readonly host: string;
  /** Zone name of the tz database. */
  readonly timezone: string;
  /** Where editors find the schema; null when it has no address. */
  readonly schema: string | null;
  readonly store: { readonly path: string; readonly state: 'ready' | 'blank' | 'missing' };
  readonly domains: readonly ObservedDomain[];
}

/** A first policy for a host, with comments: it covers every domain and plans without errors. */
export function initialPolicy({ host, timezone, schema, store, domains }: InitFacts): string {
  const byName = domains.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const encrypted = byName.filter((domain) => copied(domain).some((disk) => disk.encrypted));
  const storeNote = {
    ready: 'Holds a store of Holdfast already.',
    blank: 'Empty: the first apply makes the store.',
    missing: `Not there yet: mkdir -m 700 ${store.path}, or mount a disk there.`,
  }[store.state];
  return [
    ...(schema === null ? [] : [`# yaml-language-server: $schema=${schema}`]),
    '# What should be backed up, when, and how long it is kept.',
    '# After a change: holdfast validate, holdfast plan, holdfast apply.',
    'version: 1',
    `host: ${scalar(host)} # refuse to apply anywhere else`,
    `timezone: ${scalar(timezone)}`,
    '',
    'stores:',
    `  # ${storeNote}`,
    '  # A backup never eats into the reserve; what is deleted stays in the trash for keepFor.',
    `  main: { path: ${scalar(store.path)}, reserve: 10%, trash: { keepFor: 72h } }`,
    '',
    'schedules:',
    '  nightly: "0 2 * * *"',
    '',
    'retention:',
    '  # A chain is one full and up to 29 increments; the live chain and one closed chain are kept.',
    '  # By the calendar instead: keep: { daily: 14, weekly: 8, monthly: 12 }',
    '  standard: { chain: { maxPoints: 30 }, keep: { chains: 1 } }',
    '',
    '# rpo: how old the newest point may be before `holdfast status` says so.',
    'defaults: { store: main, schedule: nightly, retention: standard, rpo: 26h }',
    '',
    'domains:',
    '  # An exact name beats a pattern; of the patterns the first that matches wins.',
    ...byName.filter((domain) => !encrypted.includes(domain)).flatMap(ruleOf),
    '  # Every other domain, and every one to come:',
    '  - match: "*"',
    ...ignored(encrypted),
    '',
  ].join('\n');
}

/** The disks that a backup would copy. */
function copied(domain: ObservedDomain): readonly ObservedDisk[] {
  return domain.disks.filter(({ device, readonly }) => device === 'disk' && !readonly);
}

/** A rule of its own for a domain, with what was seen of it. */
function ruleOf(domain: ObservedDomain): readonly string[] {
  const disks = copied(domain).map(({ target, format, sizeBytes }) =>
    [target, format, sizeBytes === null ? '' : humanBytes(sizeBytes)].filter(Boolean).join(' '),
  );
  const facts = [
    domain.state,
    disks.length === 0 ? 'no disk to back up' : disks.join(', '),
    domain.agent === 'none' ? 'no guest agent' : `guest agent ${domain.agent}`,
    ...(domain.persistent ? [] : ['transient: not supported']),
  ];
  const notes = [
    copied(domain).some(({ format }) => format === 'raw')
      ? '    # A raw disk cannot be tracked: each of its points is a full.'
      : null,
    domain.internalSnapshots.length > 0
      ? '    # Has internal snapshots, and they cannot be reverted to while it is tracked: fulls only.\n    tracker: never'
      : null,
  ].filter((note) => note !== null);
  return [`  # ${printable(facts.join('; '))}`, `  - name: ${scalar(domain.name)}`, ...notes];
}

function ignored(encrypted: readonly ObservedDomain[]): readonly string[] {
  if (encrypted.length === 0)
    return [
      '',
      '# Deliberately not backed up; any other domain without a rule is reported:',
      '# ignore: ["scratch-*"]',
    ];
  return [
    '',
    '# These have encrypted disks, of which a backup would be plain text. To back one up all the',
    '# same, give it a rule with encryptedDisks: plaintext instead.',
    'ignore:',
    ...encrypted.map(({ name }) => `  - ${scalar(name)}`),
  ];
}

// What YAML 1.1 or 1.2 would read as something else than a text stays quoted.
const plainForm = /^[A-Za-z/][A-Za-z0-9._/-]*$/;
const wordForm = /^(?:true|false|yes|no|on|off|y|n|null)$/i;

/** A text as a YAML scalar; quoted as in JSON, which is YAML, where it is not plain. */
function scalar(text: string): string {
  return plainForm.test(text) && !wordForm.test(text) ? text : JSON.stringify(text);
}

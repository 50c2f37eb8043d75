import type { Action } from '../model/action.ts';
import { addressOf } from '../model/address.ts';
import { canonicalJson } from '../model/canonical.ts';
import type { SourcePlace } from '../model/desired.ts';
import type { DomainVerdict, Plan } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import { actionWords, pointsWords, signOf } from './action-words.ts';
import type { Style } from './color.ts';
import { humanBytes } from './human-bytes.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { reasonSentence } from './reasons.ts';
import type { Row } from './row.ts';
import type { Setting } from './sentence.ts';
import { shortener, type Shorten } from './short-id.ts';

/** What every row of one plan is written with. */
export interface PlanWords {
  readonly setting: Setting;
  readonly shorten: Shorten;
  readonly verbose: boolean;
}

/** Ids of a plan are cut where that is unique in it; with all details they are whole. */
export function planShortener(plan: Plan, verbose: boolean): Shorten {
  if (verbose) return (id) => id;
  return shortener(
    plan.actions.flatMap((action) => [
      ...('chain' in action ? [action.chain] : []),
      ...('checkpoint' in action && action.checkpoint !== null ? [action.checkpoint] : []),
    ]),
  );
}

/** An address with its chain's id cut where that is unique. */
export function shortAddress(address: string, shorten: Shorten): string {
  return printable(
    address
      .split('/')
      .map((part, index) => (index < 2 ? part : shorten(part)))
      .join('/'),
  );
}

/** Where the policy asks for something: `policy.yaml:24`. */
export function placeWords(place: SourcePlace | null): string {
  return place === null ? '' : `${printable(place.file)}:${place.line}`;
}

/**
 * Reasons in one text. That a point is due goes without saying where there is
 * a better reason, for a full above all; with all details it is said too. The
 * same reason for several disks is said once, and for all of them without names.
 */
export function reasonWords(all: readonly Reason[], words: PlanWords, disks = 0): string {
  const better = all.filter(({ code }) => code !== 'due');
  const shown = words.verbose || better.length === 0 ? all : better;
  const sentences = byDisks(shown, disks).map((reason) => reasonSentence(reason, words.setting));
  return [...new Set(sentences)].join('; ');
}

/**
 * Reasons that differ in the disk only, as one; without the disk if it is true
 * of all that many. A disk that was removed is none of those.
 */
function byDisks(all: readonly Reason[], disks: number): readonly Reason[] {
  const groups = new Map<string, { readonly reason: Reason; readonly disks: string[] }>();
  for (const reason of all) {
    const { disk = null, ...facts } = reason.facts ?? {};
    const key = canonicalJson([reason.code, facts, disk === null]);
    const group = groups.get(key) ?? { reason: { code: reason.code, facts }, disks: [] };
    if (disk !== null) group.disks.push(String(disk));
    groups.set(key, group);
  }
  return Array.from(groups.values(), ({ reason, disks: named }) =>
    named.length === 0 || (named.length === disks && reason.code !== 'disk-removed')
      ? reason
      : { code: reason.code, facts: { ...reason.facts, disk: named.join(', ') } },
  );
}

const signStyles: Readonly<Record<string, Style>> = {
  '+': 'green',
  '>': 'cyan',
  '~': 'yellow',
  '-': 'red',
};

/** The row of an action. */
export function actionRow(action: Action, words: PlanWords): Row {
  const sign = signOf(action);
  const blocked = action.blockedBy.length > 0;
  const style = blocked ? 'red' : signStyles[sign];
  return {
    sign: { text: `${blocked ? '!' : ' '} ${sign} `, ...(style === undefined ? {} : { style }) },
    ...subject(action, words),
    reason: {
      text: reasonWords(action.reasons, words, 'disks' in action ? action.disks.length : 0),
    },
    place: { text: placeWords(action.place), style: 'dim' },
  };
}

/** What an action works on, and what it does: a copy is told by the mirror that it goes to. */
function subject(action: Action, { shorten }: PlanWords): Pick<Row, 'address' | 'what'> {
  if (action.kind !== 'copy-points') {
    return {
      address: { text: shortAddress(action.address, shorten) },
      what: { text: actionWords(action, shorten) },
    };
  }
  const chain = `${printable(action.domain.name)}/${shorten(action.chain)}`;
  return {
    address: { text: printable(action.mirror.name) },
    what: { text: `copy ${chain}, ${pointsWords(action)}` },
  };
}

/** The list that a domain ended in, in words. */
export const verdictWords: Readonly<Record<DomainVerdict['verdict'], string>> = {
  'acted-on': 'acted on',
  'up-to-date': 'up to date',
  waiting: 'waiting',
  blocked: 'blocked',
  ignored: 'ignored',
  unmanaged: 'unmanaged',
  unsupported: 'not supported',
  unseen: 'not seen',
  gone: 'not on this host',
};

/** What there is of a domain in the stores, if its reason says so: `3 chains, 120 GiB`. */
function holdings({ facts }: Reason): string {
  const count = (name: string, noun: string): readonly string[] => {
    const value = facts?.[name];
    return typeof value === 'number' ? [plural(value, noun)] : [];
  };
  const bytes = facts?.['bytes'];
  const chains = count('chains', 'chain');
  return [
    ...(chains.length > 0 ? chains : count('points', 'point')),
    ...(typeof bytes === 'number' ? [humanBytes(bytes)] : []),
  ].join(', ');
}

/** The row of a domain that no action is planned for. `more`: others for which the same is true. */
export function verdictRow(verdict: DomainVerdict, more: number, words: PlanWords): Row {
  const place = placeWords(verdict.place);
  if (verdict.verdict === 'ignored') {
    const others = more === 0 ? '' : ` and ${more} more`;
    return {
      sign: { text: '    ' },
      address: { text: `${printable(verdict.domain.name)}${others}` },
      what: { text: 'ignored' },
      reason: { text: place, style: 'dim' },
      place: { text: '' },
    };
  }
  const first = verdict.reasons[0];
  const held = first === undefined ? '' : holdings(first);
  const trouble = verdict.verdict === 'blocked' || verdict.verdict === 'unseen';
  return {
    sign: { text: trouble ? '!   ' : '  . ', style: trouble ? 'red' : 'dim' },
    address: { text: printable(addressOf(verdict.domain.name)) },
    what: { text: held === '' ? verdictWords[verdict.verdict] : held },
    reason: { text: reasonWords(verdict.reasons, words) },
    place: { text: place, style: 'dim' },
  };
}

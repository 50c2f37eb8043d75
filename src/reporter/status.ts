import { addressOf } from '../model/address.ts';
import { secondsBetween, type Instant } from '../model/instant.ts';
import { unreachable } from '../model/result.ts';
import type { StatusDomain, StatusReport, StatusStore } from '../model/status-report.ts';
import { agentLines } from './agent.ts';
import { paint } from './color.ts';
import { fitLine } from './display-width.ts';
import { bootedWords } from './drill-words.ts';
import { faultWords } from './faults.ts';
import { humanBytes } from './human-bytes.ts';
import { humanAge, humanPeriod } from './human-duration.ts';
import { copiesWords } from './mirrors.ts';
import { verdictWords } from './plan-rows.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { reasonSentence } from './reasons.ts';
import type { RenderOptions } from './row.ts';
import type { Setting } from './sentence.ts';
import { renderTable, type TableLine } from './table.ts';
import { withoutName } from './without-name.ts';
import { zonedClock } from './zoned-clock.ts';

/** Health at a glance: each domain's newest point against its RPO, the stores' space, and what nobody covers. */
export function renderStatus(report: StatusReport, options: RenderOptions): string {
  const clock = zonedClock(report.timezone);
  const told = new Map([
    ...report.unseen.map(({ part, failure }) => [failure.message, part] as const),
    ...report.stores.flatMap(({ name, failure }) =>
      failure === null ? [] : [[failure.message, name] as const],
    ),
  ]);
  const setting: Setting = { clock, now: report.at, policyFile: 'the policy', told };
  const covered = report.domains.filter(({ verdict }) => isCovered(verdict));
  const uncovered = report.domains.filter(({ verdict }) => verdict === 'unmanaged');
  const title = (text: string): string => paint(text, 'bold', options.color);
  const fit = (text: string, hang: number): readonly string[] => fitLine(text, options.width, hang);
  return `${[
    ...fit(`${title('status')}    ${printable(report.host)} ${clock.full(report.at)}`, 10),
    ...agentLines(report, clock).flatMap(({ label, text, isBad }) =>
      fit(`${paint(label, isBad ? 'yellow' : 'bold', options.color)}  ${text}`, 11),
    ),
    ...report.unseen.flatMap(({ part, failure }) =>
      fit(
        `${paint('not seen', 'yellow', options.color)}  ${printable(part)}: ${printable(failure.message)}`,
        10,
      ),
    ),
    ...(covered.length === 0
      ? []
      : ['', title('domains'), ...domainTable(covered, suspendedIn(report), setting, options)]),
    ...(report.stores.length === 0
      ? []
      : ['', title('stores'), ...storeTable(report.stores, report.at, options)]),
    ...(uncovered.length === 0
      ? []
      : [
          '',
          title('not covered'),
          ...uncovered.flatMap((domain) => {
            const { name, points, bytes } = domain;
            const there = points === 0 ? '' : `  ${plural(points, 'point')}, ${humanBytes(bytes)}`;
            const damaged = damageWords(domain);
            return fit(`  ${printable(name)}${there}${damaged === '' ? '' : `  ${damaged}`}`, 4);
          }),
        ]),
    '',
    ...fit(closing(report, uncovered.length), 0),
  ].join('\n')}\n`;
}

/** Whether a line of the policy covers the domain, or covered it. */
function isCovered(verdict: StatusDomain['verdict']): boolean {
  switch (verdict) {
    case 'acted-on':
    case 'up-to-date':
    case 'waiting':
    case 'blocked':
    case 'unsupported':
    case 'unseen':
    case 'gone':
      return true;
    case 'ignored':
    case 'unmanaged':
      return false;
    default:
      return unreachable(verdict);
  }
}

const rpoWords: Readonly<Record<StatusDomain['rpo'], string>> = {
  met: 'met',
  missed: 'MISSED',
  none: '',
  unseen: 'not known',
};

function domainTable(
  domains: readonly StatusDomain[],
  suspended: { has(address: string): boolean },
  setting: Setting,
  options: RenderOptions,
): readonly string[] {
  const withDrills = domains.some(({ drill }) => drill !== undefined);
  const withCopies = domains.some(({ copies = [] }) => copies.length > 0);
  const withChecks = domains.some(({ checks }) => checks !== undefined);
  const lines = domains.map((domain): TableLine => {
    const { freshAt, nextDueAt, rpoSeconds, rpo } = domain;
    const ahead = nextDueAt === null ? null : secondsBetween(setting.now, nextDueAt);
    const news = domain.reasons.filter(({ code }) => code !== 'not-due');
    const why = news.map((reason) => reasonSentence(reason, setting)).join('; ');
    const damaged = damageWords(domain);
    const isSuspended = suspended.has(addressOf(domain.name));
    return {
      cells: [
        rpo === 'missed' || damaged !== '' ? '!' : rpo === 'unseen' ? '?' : '',
        printable(domain.name),
        freshAt === null
          ? rpo === 'unseen'
            ? 'not known'
            : 'none'
          : `${humanAge(secondsBetween(freshAt, setting.now))} old`,
        `${rpoWords[rpo]}${rpoSeconds === null ? '' : ` (${humanPeriod(rpoSeconds)})`}`.trim(),
        ahead === null ? '' : ahead <= 0 ? 'now' : `in ${humanAge(ahead)}`,
        String(domain.points),
        humanBytes(domain.bytes),
        ...(withCopies ? [copyCell(domain, setting.now)] : []),
        ...(withDrills
          ? [domain.drill === undefined ? '' : bootedWords(domain.drill, setting.now)]
          : []),
        ...(withChecks ? [checkCell(domain, setting.now)] : []),
        [isSuspended ? 'SUSPENDED' : '', stateWords(domain.verdict, why), damaged]
          .filter((text) => text !== '')
          .join('; '),
      ],
      ...(rpo === 'missed' || damaged !== ''
        ? { style: 'red' as const }
        : isSuspended
          ? { style: 'yellow' as const }
          : {}),
    };
  });
  return renderTable(
    [
      { title: '' },
      { title: 'DOMAIN' },
      { title: 'NEWEST' },
      { title: 'RPO' },
      { title: 'NEXT DUE' },
      { title: 'POINTS', align: 'right' },
      { title: 'SIZE', align: 'right' },
      ...(withCopies ? [{ title: 'COPIES' }] : []),
      ...(withDrills ? [{ title: 'BOOTED' }] : []),
      ...(withChecks ? [{ title: 'CHECKED' }] : []),
      { title: 'STATE' },
    ],
    lines,
    { color: options.color, width: options.width, indent: 0 },
  );
}

/** `nas 3h old, 1 point behind (1.2 GiB), 1 faulty, 2 to check; cloud not seen`; empty where the rule names no mirror. */
function copyCell({ copies = [] }: StatusDomain, now: string): string {
  return copies
    .map((copy) => {
      const words = copy.failure === null ? copiesWords(copy, now) : 'not seen';
      const { faulty = 0, checks } = copy;
      const damaged = faulty === 0 ? '' : `, ${faulty} faulty`;
      const unchecked = (checks?.overdue ?? 0) === 0 ? '' : `, ${checks?.overdue} to check`;
      return `${printable(copy.mirror)} ${words}${damaged}${unchecked}`;
    })
    .join('; ');
}

/** `2 never, the others within 3d`; empty where no check is asked for. */
function checkCell({ checks, points }: StatusDomain, now: Instant): string {
  if (checks === undefined || points === 0) return '';
  const { never, overdue, oldestAt } = checks;
  if (oldestAt === null) return 'never';
  const within = `within ${humanAge(secondsBetween(oldestAt, now))}`;
  const late = overdue > never ? `, ${overdue - never} due` : '';
  return never === 0 ? `${within}${late}` : `${never} never, the others ${within}${late}`;
}

/** `damaged: 3 points (in quarantine, its parent is faulty)`; empty when all points are valid. */
function damageWords({ faulty, noSoundCopy = 0 }: StatusDomain): string {
  const counts = Object.values(faulty).reduce((sum, count) => sum + count, 0);
  if (counts === 0) return '';
  const lost = noSoundCopy === 0 ? '' : `, ${noSoundCopy} without a sound copy`;
  return `damaged: ${plural(counts, 'point')} (${Object.keys(faulty).map(faultWords).join(', ')})${lost}`;
}

/** Reasons of what is done, gone or not seen say it all; the others need the word before them. */
function stateWords(verdict: StatusDomain['verdict'], why: string): string {
  if (why === '') return verdict === 'up-to-date' ? '' : verdictWords[verdict];
  return ['acted-on', 'up-to-date', 'gone', 'unseen'].includes(verdict)
    ? why
    : `${verdictWords[verdict]}: ${why}`;
}

const size = (bytes: number | null): string => (bytes === null ? '' : humanBytes(bytes));

/** `in 41d`, `not within a year`; empty while nobody can tell. */
function fillWords({ forecast }: StatusStore, now: Instant): string {
  if (forecast === undefined) return '';
  if (forecast.fillsAt === null) return 'not within a year';
  const seconds = secondsBetween(now, forecast.fillsAt);
  return seconds <= 0 ? 'now' : `in ${humanAge(seconds)}`;
}

function storeTable(
  stores: readonly StatusStore[],
  now: Instant,
  options: RenderOptions,
): readonly string[] {
  const isForeseen = stores.some(({ forecast }) => forecast !== undefined);
  return renderTable(
    [
      { title: '' },
      { title: 'STORE' },
      { title: 'FREE', align: 'right' },
      { title: 'OF', align: 'right' },
      { title: 'RESERVE', align: 'right' },
      ...(isForeseen ? [{ title: 'FULL' }] : []),
      { title: 'POINTS', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'TRASH', align: 'right' },
      { title: 'PATH' },
    ],
    stores.map((store): TableLine => {
      const low =
        store.freeBytes !== null &&
        store.reserveBytes !== null &&
        store.freeBytes < store.reserveBytes;
      const why =
        store.failure === null ? '' : printable(withoutName(store.failure.message, store.name));
      const isUnused = store.isUnused === true;
      const trouble =
        isUnused || (why === '' && !low)
          ? ''
          : `: ${why === '' ? 'less free than the reserve, no backup will start' : why}`;
      const note = isUnused ? `: no rule uses it${why === '' ? '' : `; not seen: ${why}`}` : '';
      return {
        cells: [
          trouble === '' ? '' : '!',
          printable(store.name),
          size(store.freeBytes),
          size(store.totalBytes),
          size(store.reserveBytes),
          ...(isForeseen ? [fillWords(store, now)] : []),
          String(store.points),
          humanBytes(store.bytes),
          humanBytes(store.trashBytes),
          `${printable(store.path)}${trouble}${note}`,
        ],
        ...(trouble === '' ? {} : { style: 'red' as const }),
      };
    }),
    { color: options.color, width: options.width, indent: 0 },
  );
}

/** Addresses of the domains that the agent leaves alone; all of them while the host is suspended. */
function suspendedIn({ suspended = [] }: StatusReport): { has(address: string): boolean } {
  const addresses = new Set(suspended.map(({ address }) => address));
  return { has: (address) => addresses.has('host') || addresses.has(address) };
}

function closing(report: StatusReport, uncovered: number): string {
  const { domains, unseen, stores, suspended = [] } = report;
  const withRpo = domains.filter(({ rpo }) => rpo !== 'none');
  const missed = withRpo.filter(({ rpo }) => rpo === 'missed').length;
  const unknown = withRpo.filter(({ rpo }) => rpo === 'unseen').length;
  const damaged = domains.filter((domain) => damageWords(domain) !== '').length;
  const blind =
    unseen.length > 0 ||
    stores.some(({ failure, isUnused }) => failure !== null && isUnused !== true) ||
    domains.some(({ verdict }) => verdict === 'unseen');
  return [
    withRpo.length === 0
      ? 'No domain has an RPO.'
      : missed === 0 && unknown === 0
        ? withRpo.length === 1
          ? 'The one domain with an RPO meets it.'
          : `All ${withRpo.length} domains with an RPO meet it.`
        : `${missed} of ${plural(withRpo.length, 'domain')} ${missed === 1 ? 'misses its' : 'miss their'} RPO.`,
    ...(unknown === 0 ? [] : [`${unknown} could not be told.`]),
    ...(damaged === 0
      ? []
      : [
          `${plural(damaged, 'domain')} ${damaged === 1 ? 'has' : 'have'} damaged points: see holdfast doctor.`,
        ]),
    ...(suspended.length === 0
      ? []
      : [`${plural(suspended.length, 'suspension')}: the agent does not do all that is due.`]),
    ...(uncovered === 0 ? [] : [`${plural(uncovered, 'domain')} not covered by the policy.`]),
    ...(blind ? ['Not everything was seen.'] : []),
  ].join(' ');
}

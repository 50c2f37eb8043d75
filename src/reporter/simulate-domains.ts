import type { SimulatedDomain, SimulationReport } from '../model/simulation.ts';
import { humanBytes } from './human-bytes.ts';
import { humanAge, humanPeriod } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { renderTable, type TableLine } from './table.ts';
import { zonedClock } from './zoned-clock.ts';

/** The domains, what becomes of each, and the longest time between two of its points. */
export function renderSimulatedDomains(
  { domains }: SimulationReport,
  options: RenderOptions,
): readonly string[] {
  return [
    ...renderTable(
      [
        { title: 'DOMAIN' },
        { title: 'BACKUPS', align: 'right' },
        { title: 'FULLS', align: 'right' },
        { title: 'DELETED', align: 'right' },
        { title: 'POINTS', align: 'right' },
        { title: 'AT END', align: 'right' },
        { title: 'PEAK', align: 'right' },
        { title: 'GAP', align: 'right' },
        { title: 'RPO' },
      ],
      domains.map((domain): TableLine => {
        const line = { cells: domainCells(domain) };
        return domain.rpo === 'missed' ? { ...line, style: 'yellow' } : line;
      }),
      { color: options.color, indent: 2 },
    ),
    '  GAP: the longest time between two neighbouring points. It is what is lost if a',
    '  disk dies just before the later one. How long a backup takes is not modelled.',
  ];
}

function domainCells(domain: SimulatedDomain): readonly string[] {
  const { name, chains, worstGap, rpo, rpoSeconds, reasons, verdict } = domain;
  const endBytes = chains.reduce((sum, { bytes }) => sum + bytes, 0) + domain.trashBytes;
  const backups = domain.fulls + domain.increments;
  // Where no point comes, the code of why not is worth more than an empty cell.
  const why = backups === 0 ? `${verdict}: ${reasons.join(', ')}` : '';
  const met = rpoSeconds === null ? '' : `${humanPeriod(rpoSeconds)} ${rpo}`;
  return [
    printable(name),
    String(backups),
    String(domain.fulls),
    String(domain.deletedPoints),
    String(chains.reduce((sum, { points }) => sum + points, 0)),
    humanBytes(endBytes),
    humanBytes(domain.peakBytes),
    worstGap === null ? '-' : humanAge(worstGap.seconds),
    why === '' ? met : why,
  ];
}

/** Beyond this many, what remains is told with `--verbose` only. */
const mostGroups = 6;

/** The chains that are there at the end, domains of which the same remains together. */
export function renderRemains(
  { domains, timezone, endAt }: SimulationReport,
  options: RenderOptions,
): readonly string[] {
  const groups = new Map<string, SimulatedDomain[]>();
  for (const domain of domains) {
    const key = JSON.stringify(domain.chains);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [domain]);
    else known.push(domain);
  }
  const clock = zonedClock(timezone);
  const title = `What remains at ${clock.minute(endAt)}`;
  if (groups.size > mostGroups && !options.verbose)
    return [
      `${title}: holdfast simulate --verbose lists it, of ${plural(domains.length, 'domain')}`,
    ];
  const lines: TableLine[] = [];
  for (const own of groups.values()) {
    lines.push({ heading: `  ${namesOf(own)}`, style: 'bold' });
    const chains = own[0]?.chains ?? [];
    for (const { beganAt, endedAt, points, bytes, keptBy } of chains) {
      lines.push({
        cells: [
          `${clock.minute(beganAt).slice(0, 10)} to ${clock.minute(endedAt).slice(0, 10)}`,
          plural(points, 'point'),
          humanBytes(bytes),
          // It stays whatever the other rules say; the JSON has them all.
          keptBy.includes('live chain') ? 'live chain' : keptBy.join(', '),
        ],
      });
    }
    if (chains.length === 0) lines.push({ cells: ['no points', '', '', ''] });
  }
  return [
    title,
    ...renderTable(
      [
        { title: 'CHAIN' },
        { title: 'POINTS', align: 'right' },
        { title: 'SIZE', align: 'right' },
        { title: 'KEPT BECAUSE' },
      ],
      lines,
      { color: options.color, indent: 4 },
    ),
  ];
}

/** Names of domains that are told together: the first five, and how many more. */
export function namesOf(domains: readonly { readonly name: string }[]): string {
  const names = domains.slice(0, 5).map(({ name }) => printable(name));
  const more = domains.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}

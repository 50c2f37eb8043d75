import { secondsBetween } from '../model/instant.ts';
import type { CopiesAge } from '../model/report-base.ts';
import type { MirrorDomain, MirrorItem, MirrorsReport } from '../model/report.ts';
import { paint } from './color.ts';
import { fitLine } from './display-width.ts';
import { humanBytes } from './human-bytes.ts';
import { humanAge } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { renderTable } from './table.ts';

/** Each mirror with the stores and domains there. Ends in a newline. */
export function renderMirrors(report: MirrorsReport, options: RenderOptions): string {
  if (report.mirrors.length === 0) return 'The policy names no mirrors.\n';
  return report.mirrors
    .map((mirror) => `${mirrorLines(mirror, report.at, options).join('\n')}\n`)
    .join('\n');
}

function mirrorLines(mirror: MirrorItem, at: string, options: RenderOptions): readonly string[] {
  const { name, target, failure, freeBytes, stores } = mirror;
  const free = freeBytes === null ? '' : `  ${humanBytes(freeBytes)} free`;
  const head = `${paint(printable(name), 'bold', options.color)}  ${printable(target)}${free}`;
  const notSeen = (message: string): readonly string[] =>
    fitLine(
      `  ${paint('not seen', 'yellow', options.color)}  ${printable(message)}`,
      options.width,
      4,
    );
  if (failure !== null) return [head, ...notSeen(failure.message)];
  if (stores.length === 0) return [head, '  nothing was copied here yet'];
  return [
    head,
    ...stores.flatMap((store) => [
      `  store ${store.name === null ? '' : `${printable(store.name)} `}${store.id}`,
      ...(store.failure === null
        ? domainTable(store.domains, at, options)
        : notSeen(store.failure.message)),
    ]),
  ];
}

function domainTable(
  domains: readonly MirrorDomain[],
  at: string,
  options: RenderOptions,
): readonly string[] {
  if (domains.length === 0) return ['    no points'];
  return renderTable(
    [
      { title: 'DOMAIN' },
      { title: 'CHAINS', align: 'right' },
      { title: 'POINTS', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'NEWEST COPY' },
      { title: '' },
    ],
    domains.map((domain) => ({
      cells: [
        printable(domain.name),
        String(domain.chains),
        String(domain.points),
        humanBytes(domain.bytes),
        copiesWords(domain, at),
        remarks(domain),
      ],
      ...(domain.faulty > 0 ? { style: 'red' as const } : {}),
    })),
    { color: options.color, width: options.width, indent: 4 },
  );
}

/** `3h old, 2 points behind (1.2 GiB)` */
export function copiesWords({ newestAt, behind }: CopiesAge, now: string): string {
  const age = newestAt === null ? 'none' : `${humanAge(secondsBetween(newestAt, now))} old`;
  if (behind === null || behind.points === 0) return age;
  return `${age}, ${plural(behind.points, 'point')} behind (${humanBytes(behind.bytes)})`;
}

function remarks({ faulty, held, partial, deleted }: MirrorDomain): string {
  return [
    faulty === 0 ? '' : `${faulty} faulty`,
    held ? 'held' : '',
    partial === 0 ? '' : `${partial} begun`,
    deleted === 0 ? '' : `${deleted} deleted`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

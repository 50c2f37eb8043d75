import type {
  SimulatedDomain,
  SimulatedMirror,
  SimulationComparison,
  SimulationDifference,
  SimulationReport,
} from '../../model/simulation.ts';

type Figures = Readonly<Record<SimulationDifference['figure'], number | null>>;

const none: Figures = {
  backups: null,
  fulls: null,
  points: null,
  peakBytes: null,
  endBytes: null,
  writtenBytes: null,
  worstGapSeconds: null,
  deletedChains: null,
  deletedPoints: null,
};

/** What another policy does otherwise, over the same time and from the same start: sums, and domain by domain. */
export function compareSimulations(
  own: SimulationReport,
  other: SimulationReport,
): SimulationComparison {
  const here = new Map(own.domains.map((domain) => [domain.uuid, domain]));
  const there = new Map(other.domains.map((domain) => [domain.uuid, domain]));
  const all = [...own.domains, ...other.domains.filter(({ uuid }) => !here.has(uuid))];
  return {
    formatVersion: 1,
    this: own,
    other,
    mirrors: mirrorDifferences(own, other),
    totals: differences(totalFigures(own), totalFigures(other)),
    domains: all.flatMap(({ uuid, name }) => {
      const found = differences(figuresOf(here.get(uuid)), figuresOf(there.get(uuid)));
      return found.length === 0 ? [] : [{ uuid, name, differences: found }];
    }),
  };
}

function differences(own: Figures, other: Figures): readonly SimulationDifference[] {
  return figureNames.flatMap((figure) =>
    own[figure] === other[figure] ? [] : [{ figure, this: own[figure], other: other[figure] }],
  );
}

const figureNames = [
  'backups',
  'fulls',
  'points',
  'worstGapSeconds',
  'peakBytes',
  'endBytes',
  'writtenBytes',
  'deletedChains',
  'deletedPoints',
] as const satisfies readonly SimulationDifference['figure'][];

function totalFigures({ totals, domains }: SimulationReport): Figures {
  const gaps = domains.flatMap(({ worstGap }) => (worstGap === null ? [] : [worstGap.seconds]));
  return {
    backups: totals.fulls + totals.increments,
    fulls: totals.fulls,
    points: totals.points,
    peakBytes: totals.peakBytes,
    endBytes: totals.pointBytes + totals.trashBytes,
    writtenBytes: totals.writtenBytes,
    worstGapSeconds: gaps.length === 0 ? null : Math.max(...gaps),
    deletedChains: totals.deletedChains,
    deletedPoints: totals.deletedPoints,
  };
}

/** Mirrors that differ; one that only one of the policies has, has no value on the other side. */
function mirrorDifferences(
  own: SimulationReport,
  other: SimulationReport,
): SimulationComparison['mirrors'] {
  const names = new Set([...own.mirrors, ...other.mirrors].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const found = differences(
      mirrorFigures(own.mirrors.find((one) => one.name === name)),
      mirrorFigures(other.mirrors.find((one) => one.name === name)),
    );
    return found.length === 0 ? [] : [{ name, differences: found }];
  });
}

function mirrorFigures(mirror: SimulatedMirror | undefined): Figures {
  if (mirror === undefined) return none;
  return {
    ...none,
    points: mirror.points,
    peakBytes: mirror.peakBytes,
    endBytes: mirror.pointBytes + mirror.trashBytes,
    writtenBytes: mirror.copiedBytes,
    deletedChains: mirror.deletedChains,
    deletedPoints: mirror.deletedPoints,
  };
}

function figuresOf(domain: SimulatedDomain | undefined): Figures {
  if (domain === undefined) return none;
  const { chains, trashBytes } = domain;
  return {
    backups: domain.fulls + domain.increments,
    fulls: domain.fulls,
    points: chains.reduce((sum, { points }) => sum + points, 0),
    peakBytes: domain.peakBytes,
    endBytes: chains.reduce((sum, { bytes }) => sum + bytes, 0) + trashBytes,
    writtenBytes: domain.writtenBytes,
    worstGapSeconds: domain.worstGap?.seconds ?? null,
    deletedChains: domain.deletedChains,
    deletedPoints: domain.deletedPoints,
  };
}

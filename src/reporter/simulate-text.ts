import type { SimulatedDay, SimulationReport } from '../model/simulation.ts';
import { humanBytes } from './human-bytes.ts';
import { plural } from './plural.ts';
import type { RenderOptions } from './row.ts';

/** What a policy will do over a time, for people. Ends in a newline. */
export function renderSimulation(report: SimulationReport, _options: RenderOptions): string {
  return `${report.days.map(dayLine).join('\n')}\n`;
}

function dayLine(day: SimulatedDay): string {
  const parts = [
    day.fulls > 0 ? plural(day.fulls, 'full') : '',
    day.increments > 0 ? plural(day.increments, 'increment') : '',
    day.writtenBytes > 0 ? humanBytes(day.writtenBytes) : '',
    day.deletedChains > 0 ? `${plural(day.deletedChains, 'chain')} deleted` : '',
  ];
  return `${day.date}  ${parts.filter((part) => part !== '').join(', ')}`;
}

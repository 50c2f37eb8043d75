import type { Plan } from '../model/plan.ts';
import { plural } from './plural.ts';

/** By this line a program finds the comment of a host again. */
export function planMarker(plan: Plan, cut: boolean): string {
  const host = plan.host.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return `<!-- holdfast-plan host=${host} id=${plan.id.replaceAll(/[^0-9a-f]/g, '')} cut=${cut} -->`;
}

/** A block that shows its lines as they are: its fence is longer than any row of backticks in it. */
export function fenced(lines: readonly string[]): readonly string[] {
  const longest = lines
    .flatMap((line) => line.match(/`+/g) ?? [])
    .reduce((most, ticks) => Math.max(most, ticks.length), 2);
  const fence = '`'.repeat(longest + 1);
  return [`${fence}text`, ...lines, fence];
}

/** What stands where lines were cut. */
export const cutNote = (count: number): string =>
  `… ${plural(count, 'line')} cut here: the saved plan has them all. A cut plan cannot approve. …`;

/** The first and the last lines that fit into a number of characters, and a note between them. */
export function cutMiddle(lines: readonly string[], room: number): readonly string[] {
  const first: string[] = [];
  const last: string[] = [];
  let left = room;
  let from = 0;
  let to = lines.length;
  // Two from the front for one from the end: repairs come first, and few of them.
  for (let turn = 0; from < to; turn += 1) {
    const front = turn % 3 !== 2;
    const line = lines[front ? from : to - 1] ?? '';
    if (line.length + 1 > left) break;
    left -= line.length + 1;
    if (front) {
      first.push(line);
      from += 1;
    } else {
      last.unshift(line);
      to -= 1;
    }
  }
  return from === to ? [...first, ...last] : [...first, cutNote(to - from), ...last];
}

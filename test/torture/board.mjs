/** What a run has counted: tables of numbers by name, and violations with the way to meet each again. */
export class Board {
  /** @type {Map<string, Map<string, number>>} */
  #tables = new Map();
  /** @type {{ area: string, what: string, replay: string }[]} */
  violations = [];

  add(table, key, by) {
    const rows = this.#tables.get(table) ?? new Map();
    rows.set(key, (rows.get(key) ?? 0) + by);
    this.#tables.set(table, rows);
  }

  violation(area, what, replay) {
    this.violations.push({ area, what, replay });
  }

  /** The scoreboard as Markdown. */
  text() {
    const rows = (table) => this.#tables.get(table) ?? new Map();
    const shares = [...rows('rounds')].map(([area, count]) => [
      area,
      count,
      rows('minutes').get(area) ?? 0,
    ]);
    const counted = [...rows('counted'), ['violations', this.violations.length]];
    const kinds = (table) => [...rows(table)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [
      tableOf(['area', 'rounds', 'minutes'], shares),
      tableOf(['counted', ''], counted),
      ...['killed', 'faults', 'simulated faults'].flatMap((table) =>
        rows(table).size === 0 ? [] : [tableOf([table, 'met'], kinds(table))],
      ),
    ].join('\n\n');
  }
}

const line = (cells) => `| ${cells.join(' | ')} |`;

function tableOf(head, rows) {
  return [
    line(head),
    line(head.map((_, at) => (at === 0 ? '---' : '---:'))),
    ...rows.map((cells) =>
      line(cells.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell))),
    ),
  ].join('\n');
}

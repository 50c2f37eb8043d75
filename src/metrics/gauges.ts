import { Gauge, type Registry } from 'prom-client';

/** Labels of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** A gauge over rows of one kind. An instant is given as such and told in UNIX seconds; null: this row has no sample. */
export interface Family<Row> {
  /** Without the prefix, with the unit at its end. */
  readonly name: string;
  readonly help: string;
  readonly value: (row: Row) => number | boolean | string | null;
}

/** Adds one gauge for each family, with a sample of each row that has a value. */
export function addFamilies<Row>(
  registry: Registry,
  families: readonly Family<Row>[],
  rows: readonly Row[],
  labelNames: readonly string[],
  labelsOf: (row: Row) => Labels,
): void {
  for (const { name, help, value } of families) {
    const gauge = newGauge(registry, name, help, labelNames);
    for (const row of rows) {
      const found = value(row);
      if (found !== null) gauge.set(labelsOf(row), numberOf(found));
    }
  }
}

/** Adds a gauge that counts rows by their labels. */
export function addCount<Row>(
  registry: Registry,
  { name, help }: Pick<Family<Row>, 'name' | 'help'>,
  rows: readonly Row[],
  labelNames: readonly string[],
  labelsOf: (row: Row) => Labels,
): void {
  const gauge = newGauge(registry, name, help, labelNames);
  for (const row of rows) gauge.inc(labelsOf(row));
}

function newGauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
): Gauge {
  return new Gauge({
    name: `holdfast_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
}

function numberOf(value: number | boolean | string): number {
  return typeof value === 'string' ? Date.parse(value) / 1000 : Number(value);
}

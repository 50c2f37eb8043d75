import { expect, it } from 'vitest';
import { drillName, runOfDrill } from '../../src/model/drill.ts';
import { runId } from '../../src/model/identity.ts';

const run = runId('20261122T020000Z-3a9f01bc');

it('a machine of a drill is told by its name, as long as nobody has defined it', () => {
  for (const domain of ['web01', 'a-drill-b', 'ünï/cödé 🐘', 'x'.repeat(300)]) {
    const name = drillName(domain, run);
    expect(Buffer.byteLength(name)).toBeLessThan(220);
    expect(runOfDrill({ name, persistent: false })).toBe(run);
    expect(runOfDrill({ name, persistent: true })).toBeNull();
  }
  expect(runOfDrill({ name: 'web01-drill-today', persistent: false })).toBeNull();
  expect(runOfDrill({ name: `-drill-${run}`, persistent: false })).toBeNull();
});

import { expect, it } from 'vitest';
import { RunMetrics } from '../../src/metrics/run-metrics.ts';

const samples = async (metrics: RunMetrics): Promise<readonly string[]> =>
  (await metrics.text(null))
    .split('\n')
    .filter((line) => /^holdfast_(told|publications)/.test(line));

it('counts what was told on the branch, and says when, once it was', async () => {
  const metrics = new RunMetrics();
  metrics.told(false, '2026-11-22T10:00:00.000Z');
  expect(await samples(metrics)).toEqual(['holdfast_publications_total{result="failed"} 1']);
  metrics.told(true, '2026-11-22T10:10:00.000Z');
  expect(await samples(metrics)).toEqual([
    'holdfast_publications_total{result="failed"} 1',
    'holdfast_publications_total{result="told"} 1',
    'holdfast_told_timestamp_seconds 1795342200',
  ]);
});

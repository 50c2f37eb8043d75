import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// The longest first, or the run ends with one of them alone: vitest has no figures of an earlier run here.
const long = [
  'e2e-interrupted',
  'mirror-s3',
  'crash',
  'mirror-rclone',
  'mirror-ssh',
  'e2e-days',
  'hostile-store',
  'crash-calls',
  'hostile-names',
  'agent-soak',
  'e2e-killed-restore',
  'e2e-chain',
  'e2e-agent-hangs',
  'e2e-mirror-ssh',
  'e2e-drill',
  'e2e-drill-faults',
  'e2e-mirror-s3',
  'e2e-service',
  'e2e-mirror-checks',
  'e2e-mirror-link',
  'crash-heal',
  'e2e-faults',
  'e2e-devices',
  'e2e-names',
].map((name) => `/live/${name}.test.ts`);

const rank = ({ moduleId }: TestSpecification): number => {
  const at = long.findIndex((name) => moduleId.endsWith(name));
  return at < 0 ? long.length : at;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

// What must never happen may not happen once: these have no second try (docs/decisions/0020).
const once = [
  'live/crash*.test.ts',
  'live/store-crash.test.ts',
  'live/libvirt-guard.test.ts',
  'live/e2e-interrupted.test.ts',
  'live/e2e-killed-restore.test.ts',
  'live/restart.test.ts',
  // Its first test makes the host that the others look at.
  'live/e2e-service.test.ts',
];

/** Some of the files: each runs in a process of its own, and as many at once as in the others. */
const project = (
  name: string,
  files: { readonly retry: 0 | 1; readonly include: string[]; readonly exclude?: string[] },
) => ({
  test: {
    root: import.meta.dirname,
    // Because these tests kill, mount and lock.
    pool: 'forks' as const,
    // Against what hangs, and no more: a machine that is ten times slower today is no defect.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Most of their time is waiting for libvirt and QEMU. Whole hosts have a libvirt of their own: of a
    // shared one each plan sees every domain, and one that cannot be seen withholds all deletions (G213).
    maxWorkers: 3,
    sequence: { groupOrder: 0 },
    name,
    ...files,
  },
});

export default defineConfig({
  cacheDir: '../node_modules/.vite-live',
  test: {
    sequence: { sequencer: LongestFirst },
    globalSetup: join(import.meta.dirname, 'live', 'build.ts'),
    projects: [
      project('twice', { retry: 1, include: ['live/**/*.test.ts'], exclude: once }),
      project('once', { retry: 0, include: once }),
    ],
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const every = {
  root: import.meta.dirname,
  // Each file in a process of its own, because these tests kill, mount and lock.
  pool: 'forks',
  globalSetup: join(import.meta.dirname, 'live', 'build.ts'),
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

const alone = [
  // Ends the libvirt that all the others use.
  'live/e2e-libvirtd.test.ts',
  // A domain whose images cannot be seen, and other files have such, withholds every deletion of a host (G213).
  'live/e2e-commands.test.ts',
  'live/e2e-days.test.ts',
  'live/e2e-killed-restore.test.ts',
];

export default defineConfig({
  cacheDir: '../node_modules/.vite-live',
  test: {
    projects: [
      {
        test: {
          ...every,
          name: 'shared',
          include: ['live/**/*.test.ts'],
          exclude: alone,
          // One libvirt for both: two files at once, because most of their time is waiting for QEMU.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...every,
          name: 'alone',
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

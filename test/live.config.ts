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

// Ends the libvirt that all the others use.
const alone = ['live/e2e-libvirtd.test.ts'];

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

import { defineConfig } from 'vitest/config';

export default defineConfig({
  cacheDir: '../node_modules/.vite-live',
  test: {
    root: import.meta.dirname,
    include: ['live/**/*.test.ts'],
    // One libvirt, one file after the other; each file in a process of its own,
    // because these tests kill, mount and lock.
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'test/**/*.test.ts'],
    // Two cores, noisy machines: generous, and no test asserts a duration.
    maxWorkers: 2,
    // Runs of one test leave no labels to those of another.
    env: { SHIMLINE_STATE: 'none' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'test/**/*.test.ts'],
    // Two cores, noisy machines: generous, and no test asserts a duration.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

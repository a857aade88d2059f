import { defineConfig } from 'vitest/config';

// Each file has a context of its own, in which jsdom costs a fifth of what it costs in a thread of its own.
// No test is about how long it takes, and beside those in Python one can take a while.
export default defineConfig({
  test: { environment: 'jsdom', include: ['test/**/*.test.ts'], pool: 'vmThreads', testTimeout: 60_000 }
});

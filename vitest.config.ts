import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { packageProjects } from './tooling/vitest-projects.ts';

export default defineConfig({
  test: {
    // Vitest leaves one core free by default: of two cores it would use one.
    maxWorkers: availableParallelism(),
    projects: packageProjects({
      include: ['{src,conformance}/**/*.test.ts'],
      exclude: ['**/*.full.test.ts'],
      isolated: '.isolated.test.ts',
      timeout: 60_000,
    }),
  },
});

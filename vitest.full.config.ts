import { defineConfig } from 'vitest/config';
import { packageProjects } from './tooling/vitest-projects.ts';

/** `npm run test:full`: models at their published sizes, one after the other. */
export default defineConfig({
  test: {
    projects: packageProjects({
      include: ['src/**/*.full.test.ts'],
      exclude: [],
      timeout: 10 * 60_000,
    }),
    fileParallelism: false,
    passWithNoTests: false,
  },
});

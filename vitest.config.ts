import { defineConfig } from 'vitest/config';
import { packageProjects } from './tooling/vitest-projects.ts';

export default defineConfig({
  test: {
    projects: packageProjects({
      include: ['{src,conformance}/**/*.test.ts'],
      exclude: ['**/*.full.test.ts'],
      isolated: '.isolated.test.ts',
      timeout: 60_000,
    }),
  },
});

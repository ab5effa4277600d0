import { defineConfig } from 'vitest/config';
import { packageProjects } from './tooling/vitest-projects.ts';

// What chooses its engine itself, and what needs a process of its own, stays on the engine it is for.
// So does what asks for the same bits of layers that are computed again: engines that fuse operators
// round such layers otherwise, and the kit of encoders holds their gradients within rounding.
const exclude = ['**/*.{full,isolated}.test.ts', 'src/onnx/**', 'src/recompute.test.ts'];
const timeout = 10 * 60_000;

/**
 * `CROSSWEAVE_ENGINE=xla:cpu npm run test:engine`: the fixtures of PyTorch and the conformance kits of
 * the parts, values and gradients, on the engine that the variable names (`cpu` without it). A part
 * of them: `npm run test:engine -- packages/fusion/src/reference.test.ts`.
 */
export default defineConfig({
  test: {
    projects: [
      ...packageProjects({
        ...{ folders: ['losses', 'fusion', 'text-encoder', 'image-encoder'], exclude, timeout },
        include: ['src/**/*.test.ts'],
      }),
      ...packageProjects({
        ...{ folders: ['core'], exclude, timeout },
        include: ['src/{nn,testing}/**/*.test.ts'],
      }),
      ...packageProjects({
        ...{ folders: ['lab'], exclude, timeout },
        include: ['src/{tasks,metrics,representations}/**/*.test.ts'],
      }),
      ...packageProjects({
        ...{ folders: ['trainer'], exclude, timeout },
        include: ['src/optimizers/**/*.test.ts'],
      }),
    ],
    fileParallelism: false,
    passWithNoTests: false,
  },
});

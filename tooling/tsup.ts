import { defineConfig } from 'tsup';
import { useOwnTfjsCore } from './tfjs-gradients';

/** The one build of every package: ESM with declarations and source maps, a file per entry. */
export function packageBuild(entry: Record<string, string>): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    // Own and third-party packages stay imports; `neutral` would try to bundle node's modules.
    external: [/^node:/],
    noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
    esbuildPlugins: [useOwnTfjsCore],
    dts: { compilerOptions: { customConditions: [] } },
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
  });
}

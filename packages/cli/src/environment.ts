import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { useEngine, type EngineChoice } from '@crossweave/core/engine';
import { text, type OptionValues, type Session } from './command';

/** Chooses the engine of `--engine` and says which it is. */
export async function chooseEngine(
  values: OptionValues,
  { terminal }: Session,
): Promise<EngineChoice> {
  const engine = await useEngine(text(values, 'engine') ?? 'auto');
  terminal.note(engine.describe());
  return engine;
}

/** What a run record says of where it ran. */
export function environmentOf(engine: EngineChoice): Record<string, string | number> {
  return {
    engine: engine.name,
    engineDetail: engine.detail,
    node: process.version,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    revision: revision(),
  };
}

/** The git commit of the working folder, or `none`. */
function revision(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const commit = git('rev-parse', 'HEAD');
    return git('status', '--porcelain') === '' ? commit : `${commit} with changes`;
  } catch {
    return 'none';
  }
}

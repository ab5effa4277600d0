import { arch, availableParallelism, cpus, platform } from 'node:os';
import { requireOneOf } from '@crossweave/core/authoring';
import { useEngine, type EngineChoice } from '@crossweave/core/engine';
import { engineSpeeds } from '@crossweave/core/node';
import { text, wholeNumber, type OptionValues, type Session } from './command';
import { gitRevision } from './git-revision';
import { versionOf } from './version';

/** Chooses the engine of `--engine`, `--precision` and `--devices` and says which it is. */
export async function chooseEngine(
  values: OptionValues,
  { terminal }: Session,
): Promise<EngineChoice> {
  const precision = text(values, 'precision') ?? 'float32';
  requireOneOf('crossweave', '--precision', precision, ['float32', 'tf32', 'bf16']);
  const devices = text(values, 'devices') === undefined ? 1 : wholeNumber(values, 'devices', 1);
  const name = text(values, 'engine') ?? 'auto';
  const isOpen = name === 'auto' && precision === 'float32' && devices === 1;
  const speeds = isOpen ? await engineSpeeds({ ifSeveral: true }) : [];
  const engine = await useEngine(name, { precision, devices, speeds });
  terminal.note(engine.describe());
  return engine;
}

/** What a run record says of where it ran. */
export function environmentOf(engine: EngineChoice): Record<string, string | number> {
  return {
    crossweave: versionOf(),
    engine: engine.name,
    engineDetail: engine.detail,
    precision: engine.precision,
    devices: engine.devices,
    node: process.version,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    revision: gitRevision(process.cwd()) ?? 'none',
  };
}

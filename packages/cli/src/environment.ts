import { existsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '@crossweave/core';
import { count, fields, oneOf, requireOneOf, text as nonEmpty } from '@crossweave/core/authoring';
import { useEngine, type EngineChoice } from '@crossweave/core/engine';
import { engineSpeeds } from '@crossweave/core/node';
import { readRun } from '@crossweave/trainer/node';
import { text, wholeNumber, type OptionValues, type Session } from './command';
import { gitRevision } from './git-revision';
import { versionOf } from './version';

/** How a run computed, by its record. */
type Computed = Pick<EngineChoice, 'name' | 'precision' | 'devices'>;

/**
 * Chooses the engine of `--engine`, `--precision` and `--devices` and says which it is. A run that goes
 * on keeps the engine of its record where a flag says nothing: another one rounds otherwise.
 *
 * @param folder of a run that goes on.
 */
export async function chooseEngine(
  values: OptionValues,
  { terminal }: Session,
  folder?: string,
): Promise<EngineChoice> {
  const before = folder === undefined ? undefined : await computedBy(folder);
  const precision = text(values, 'precision') ?? before?.precision ?? 'float32';
  requireOneOf('crossweave', '--precision', precision, ['float32', 'tf32', 'bf16']);
  const devices =
    text(values, 'devices') === undefined
      ? (before?.devices ?? 1)
      : wholeNumber(values, 'devices', 1);
  const name = text(values, 'engine');
  const engine =
    name === undefined && before !== undefined
      ? await sameEngine(before.name, { precision, devices })
      : await freeChoice(name ?? 'auto', { precision, devices });
  terminal.note(engine.describe());
  if (
    before !== undefined &&
    (['name', 'precision', 'devices'] as const).some((fact) => engine[fact] !== before[fact])
  ) {
    terminal.note(
      `The run computed on ${before.name} in ${before.precision} before: from here on its numbers round otherwise.`,
    );
  }
  return engine;
}

type Setting = Pick<EngineChoice, 'precision' | 'devices'>;

/** The engine of that name, or another one where it no longer works. */
async function sameEngine(name: string, setting: Setting): Promise<EngineChoice> {
  try {
    return await useEngine(name, setting);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return await useEngine('auto', setting);
  }
}

async function freeChoice(name: string, setting: Setting): Promise<EngineChoice> {
  const { precision, devices } = setting;
  const isOpen = name === 'auto' && precision === 'float32' && devices === 1;
  const speeds = isOpen ? await engineSpeeds({ ifSeveral: true }) : [];
  return useEngine(name, { ...setting, speeds });
}

/** What the record of a run says; undefined where it says nothing. */
async function computedBy(folder: string): Promise<Computed | undefined> {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const { environment } = (await readRun(folder)) as { readonly environment?: unknown };
  const {
    engine,
    precision = 'float32',
    devices = 1,
  } = Object(environment) as Readonly<Record<string, unknown>>;
  const computed = { name: engine, precision, devices };
  return computedCheck.accepts(computed) ? (computed as Computed) : undefined;
}

const computedCheck = fields(
  { name: nonEmpty(), precision: oneOf('float32', 'tf32', 'bf16'), devices: count() },
  ['name', 'precision', 'devices'],
);

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

import { ConfigError, FileFormatError, isCrossweaveError } from '@crossweave/core';
import { repeatedKey } from '@crossweave/core/authoring';
import { readBytes, readJson } from '@crossweave/core/node';
import { text, texts, type OptionSpec, type OptionValues } from '../command';
import { dataFlags, dataSettings } from './data-flags';
import { withLabelKind, withSampling, withTask } from './tasks';
import { withSource } from './stream';
import { unknownKey, withSetting } from './parse';

/** The flags that choose what computes. */
export const engineOptions: Readonly<Record<string, OptionSpec>> = {
  engine: {
    type: 'string',
    value: 'NAME',
    summary: 'engine, see doctor (default auto; of a run that goes on, its own)',
  },
  precision: {
    type: 'string',
    value: 'NAME',
    summary: 'float32 (default), or bf16 or tf32 for products on engines that have it',
  },
  devices: {
    type: 'string',
    value: 'N',
    summary: 'devices that compute together, each with a part of a batch (xla; default 1)',
  },
};

/** The flags of commands that take a config. */
export const configOptions: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', value: 'FILE', summary: 'JSON config, see the README' },
  preset: { type: 'string', value: 'NAME', summary: 'a config that comes with crossweave' },
  model: {
    type: 'string',
    value: 'FROM',
    summary: 'begin with a checkpoint: a folder, a hub id, or the folder of a run',
  },
  task: { type: 'string', value: 'NAME', summary: 'train for a task, in place of the losses' },
  sampling: {
    type: 'string',
    value: 'NAME',
    summary: 'how often classes of a task are drawn: none, balanced or square-root',
  },
  set: {
    type: 'string',
    value: 'PATH=VALUE',
    summary: 'change one value of the config; may be repeated',
    multiple: true,
  },
  captions: { type: 'string', value: 'PATH', summary: 'the data, instead of data.captions' },
  ...dataFlags,
  ...engineOptions,
  out: { type: 'string', value: 'DIR', summary: 'folder of the run' },
};

/** A config that is not checked yet, and what to call it in messages. */
export interface GivenConfig {
  readonly config: unknown;
  readonly source: string;
}

/**
 * The config that `--config` or `--preset` names, changed by `--set` and `--captions`, before it is checked:
 * a checkpoint is to fill it in.
 */
export async function readGiven(
  where: string,
  values: OptionValues,
  presets: Readonly<Record<string, unknown>>,
): Promise<GivenConfig> {
  const file = text(values, 'config');
  const preset = text(values, 'preset');
  if ((file === undefined) === (preset === undefined)) {
    throw new ConfigError('give either --config FILE or --preset NAME', {
      where,
      expected: `a file, or one of ${Object.keys(presets).join(', ')}`,
    });
  }
  let config: unknown;
  if (file !== undefined) config = await readJsonConfig(file);
  else if (preset !== undefined && Object.hasOwn(presets, preset)) config = presets[preset];
  else throw unknownKey(where, '', preset ?? '', Object.keys(presets), 'preset');

  const task = text(values, 'task');
  if (task !== undefined) config = withTask(config, task);
  const sampling = text(values, 'sampling');
  if (sampling !== undefined) config = withSampling(config, sampling);
  for (const setting of texts(values, 'set')) {
    config = withSetting(config, setting);
    requirePlain(config, '--set');
  }
  const captions = text(values, 'captions');
  const stream = text(values, 'stream');
  const settings = {
    ...(captions !== undefined && { captions }),
    ...(stream !== undefined && { stream: withSource(config, stream) }),
    ...dataSettings(values),
  };
  for (const [name, value] of Object.entries(settings)) {
    config = withSetting(config, `data.${name}=${JSON.stringify(value)}`);
  }
  const model = text(values, 'model');
  if (model !== undefined) config = withSetting(config, `model=${JSON.stringify(model)}`);
  return { config: withLabelKind(config), source: file ?? `preset ${preset ?? ''}` };
}

/** @throws ConfigError where the file is missing, no JSON, or has a key twice */
async function readJsonConfig(file: string): Promise<unknown> {
  const [config, bytes] = await Promise.all([readJson(file), readBytes(file)]).catch(asConfigError);
  requirePlain(config, file);
  const twice = repeatedKey(new TextDecoder().decode(bytes), config);
  if (twice === undefined) return config;
  throw new ConfigError(`the config has the key "${twice.join('.')}" twice`, {
    where: file,
    advice: 'Remove one of them.',
  });
}

/** Rethrows an error of reading the file as a ConfigError, for the exit code of a wrong config. */
function asConfigError(cause: unknown): never {
  if (!isCrossweaveError(cause)) throw cause;
  const { what, where, expected, got, advice } = cause;
  throw new ConfigError(what, { where, expected, got, advice, cause });
}

/** Levels of objects and lists in a config: more are no config, and exhaust what reads them. */
const mostLevels = 64;

/** @throws FileFormatError for a config that is nested too deeply, or has a key of the language. */
function requirePlain(config: unknown, where: string): void {
  let level: unknown[] = [config];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostLevels) {
      throw new FileFormatError('the config is nested too deeply', {
        where,
        expected: `at most ${mostLevels} levels`,
      });
    }
    const objects = level.filter(
      (value): value is object => typeof value === 'object' && value !== null,
    );
    if (objects.some((value) => Object.hasOwn(value, '__proto__'))) {
      throw new ConfigError('there is no key "__proto__"', { where });
    }
    level = objects.flatMap((value): unknown[] => Object.values(value));
  }
}

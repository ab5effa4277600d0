import { ConfigError } from '@crossweave/core';
import { readJson } from '@crossweave/core/node';
import type { z } from 'zod';
import { text, texts, type OptionSpec, type OptionValues } from '../command';
import { parseConfig, unknownKey, withSetting } from './parse';

/** The flags of commands that take a config. */
export const configOptions: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', value: 'FILE', summary: 'JSON config, see the README' },
  preset: { type: 'string', value: 'NAME', summary: 'a config that comes with crossweave' },
  set: {
    type: 'string',
    value: 'PATH=VALUE',
    summary: 'change one value of the config; may be repeated',
    multiple: true,
  },
  captions: { type: 'string', value: 'FILE', summary: 'captions file, instead of data.captions' },
  engine: { type: 'string', value: 'NAME', summary: 'engine, see doctor', default: 'auto' },
  out: { type: 'string', value: 'DIR', summary: 'folder of the run' },
};

/** The config that `--config` or `--preset` names, changed by `--set` and `--captions`, checked. */
export async function readConfig<S extends z.ZodType>(
  where: string,
  values: OptionValues,
  schema: S,
  presets: Readonly<Record<string, unknown>>,
): Promise<z.output<S>> {
  const file = text(values, 'config');
  const preset = text(values, 'preset');
  if ((file === undefined) === (preset === undefined)) {
    throw new ConfigError('give either --config FILE or --preset NAME', {
      where,
      expected: `a file, or one of ${Object.keys(presets).join(', ')}`,
    });
  }
  let config: unknown;
  if (file !== undefined) config = await readJson(file);
  else if (preset !== undefined && Object.hasOwn(presets, preset)) config = presets[preset];
  else throw unknownKey(`${where} --preset`, '', preset ?? '', Object.keys(presets));

  for (const setting of texts(values, 'set')) config = withSetting(config, setting);
  const captions = text(values, 'captions');
  if (captions !== undefined) {
    config = withSetting(config, `data.captions=${JSON.stringify(captions)}`);
  }
  return parseConfig(schema, config, file ?? `preset ${preset ?? ''}`);
}

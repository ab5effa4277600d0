import { fusions } from '@crossweave/fusion';
import { imageEncoders } from '@crossweave/image-encoder';
import { losses } from '@crossweave/losses';
import { tasks } from '@crossweave/lab';
import { textEncoders } from '@crossweave/text-encoder';
import type { z } from 'zod';
import { keysOf } from './parse';

/** What a config may name, for the help text of the commands that take one. */
export function configNames(
  presets: Readonly<Record<string, unknown>>,
  schema: z.ZodType,
): Readonly<Record<string, readonly string[]>> {
  return {
    'Presets (--preset)': Object.keys(presets),
    'Keys of a config (--set)': keysOf(schema),
    'Image encoders': Object.keys(imageEncoders),
    'Text encoders': Object.keys(textEncoders),
    Fusions: Object.keys(fusions),
    Losses: Object.keys(losses),
    'Tasks (--task)': Object.keys(tasks),
  };
}

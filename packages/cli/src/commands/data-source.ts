import { ConfigError } from '@crossweave/core';
import type { OpenDatasetOptions } from '@crossweave/data';
import type { Command, OptionSpec, OptionValues } from '../command';
import { dataFlags, dataSettings } from '../config/data-flags';
import { sourceOf } from '../config/open-data';

const names = ['columns', 'text', 'labels', 'format', 'images', 'delimiter', 'quote'] as const;

/** The flags that say how a dataset is read. */
export const sourceFlags: Readonly<Record<string, OptionSpec>> = Object.fromEntries(
  [...names, 'escape', 'encoding'].map((name) => [name, dataFlags[name]!]),
);

/** The dataset that a command is given, and how to read it. */
export function sourceOfCommand(
  command: Command,
  values: OptionValues,
  positionals: readonly string[],
): { source: string; options: OpenDatasetOptions } {
  const [path, ...surplus] = positionals;
  if (path === undefined || surplus.length > 0) {
    throw new ConfigError('name the dataset', {
      where: `crossweave ${command.name}`,
      expected: 'one path of a file or folder',
      got: positionals.join(' '),
      advice: `For example: ${command.example}`,
    });
  }
  return { source: sourceOf(path), options: dataSettings(values) };
}

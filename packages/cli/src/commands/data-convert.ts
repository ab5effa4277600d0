import { writeDataset } from '@crossweave/data';
import { ConfigError } from '@crossweave/core';
import { requiredText, text, wholeNumber, type Command } from '../command';
import { inFlags } from '../config/data-flags';
import { sourceFlags, sourceOfCommand } from './data-source';

const forms = ['jsonl', 'webdataset'] as const;
const policies = ['fail', 'skip'] as const;

export const dataConvert: Command = {
  name: 'data convert',
  summary: 'Writes a dataset of any form as JSON lines with pictures, or as WebDataset shards.',
  positionals: 'PATH',
  options: {
    ...sourceFlags,
    to: { type: 'string', value: 'FORM', summary: forms.join(' or ') },
    out: { type: 'string', value: 'DIR', summary: 'folder to write to' },
    policy: {
      type: 'string',
      value: 'POLICY',
      summary: 'damaged rows and missing pictures: fail or skip',
      default: 'fail',
    },
    'shard-size': { type: 'string', value: 'N', summary: 'samples in a shard', default: '1000' },
  },
  example: 'crossweave data convert photos --to webdataset --out shards',
  async run(values, positionals, { terminal, signal }) {
    const { source, options } = sourceOfCommand(dataConvert, values, positionals);
    const as = oneOf('to', requiredText(dataConvert, values, 'to'), forms);
    const policy = oneOf('policy', text(values, 'policy') ?? 'fail', policies);
    const out = requiredText(dataConvert, values, 'out');
    const progress = terminal.progress('Writing');
    const written = await writeDataset(source, {
      ...options,
      as,
      policy,
      out,
      shardSize: wholeNumber(values, 'shard-size', 1, 1_000_000),
      signal,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.done();
    const { rows, samples, rejects, files } = written;
    terminal.line(
      `${out}: ${samples} images of ${rows} rows in ${files.join(', ')}; ${rejects.count} rows rejected`,
    );
    for (const message of rejects.first) terminal.line(`  ${inFlags(message)}`);
    return written;
  },
};

function oneOf<Choice extends string>(
  flag: string,
  given: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((each) => each === given);
  if (choice !== undefined) return choice;
  throw new ConfigError(`--${flag} has a value that is not allowed`, {
    where: 'crossweave data convert',
    expected: choices.join(' or '),
    got: given,
  });
}

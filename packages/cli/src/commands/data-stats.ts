import {
  describeReport,
  loadTokenizer,
  makeVocabulary,
  measureImages,
  openPairs,
  vocabularyTokenizer,
} from '@crossweave/data';
import { text, wholeNumber, type Command } from '../command';
import { inFlags } from '../config/data-flags';
import { summaryOf } from '../config/open-data';
import { sourceFlags, sourceOfCommand } from './data-source';

export const dataStats: Command = {
  name: 'data stats',
  summary: 'Measures a dataset: lengths of captions, sizes of pictures, what is there twice.',
  positionals: 'PATH',
  options: {
    ...sourceFlags,
    tokenizer: { type: 'string', value: 'DIR', summary: 'default: the words of the captions' },
    'max-tokens': { type: 'string', value: 'N', summary: 'where texts are cut', default: '64' },
  },
  example: 'crossweave data stats scenes/captions.jsonl --max-tokens 32',
  async run(values, positionals, { terminal, signal }) {
    const { source, options } = sourceOfCommand(dataStats, values, positionals);
    const maxTokens = wholeNumber(values, 'max-tokens', 3, 512);
    const folder = text(values, 'tokenizer');
    const opened = await openPairs({
      ...options,
      captions: source,
      maxTokens,
      missing: 'policy',
      maxRejects: 1,
      sharedPictures: 'allow',
      signal,
    });
    const names = Object.keys(opened.splits);
    const tokenizer =
      folder === undefined
        ? vocabularyTokenizer(makeVocabulary(names.flatMap((name) => opened.captions(name))))
        : await loadTokenizer(folder);
    const { report } = await opened.withTokenizer(tokenizer);
    terminal.line(inFlags(describeReport(report)));

    const progress = terminal.progress('Reading pictures');
    const images = await measureImages(source, {
      ...options,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.done();
    const { unreadable, formats, width, height, bytes, duplicates } = images;
    const kinds = Object.entries(formats).map(([format, count]) => `${count} ${format}`);
    terminal.line(`Pictures: ${kinds.join(', ')}; ${unreadable.count} cannot be read`);
    for (const message of unreadable.first) terminal.line(`  ${inFlags(message)}`);
    terminal.line(
      `  width ${width.join(' / ')}, height ${height.join(' / ')}, bytes ${bytes.join(' / ')} (lowest / middle / highest)`,
    );
    for (const { by, splits, images: count, example } of duplicates) {
      const where =
        splits.length === 1 ? `within "${splits[0]}"` : `in "${splits.join('" and "')}"`;
      const what = by === 'bytes' ? 'with the bytes of another' : 'that look like another';
      terminal.line(`  pictures ${what} ${where}: ${count}, such as ${example.join(' and ')}`);
    }
    return { captions: summaryOf(report), images };
  },
};

import { writeFileAtomic } from '@crossweave/core/node';
import { contactSheet, summariseDataset } from '@crossweave/data';
import { text, type Command } from '../command';
import { sourceFlags, sourceOfCommand } from './data-source';

export const dataInspect: Command = {
  name: 'data inspect',
  summary: 'Says what a dataset holds: its form, splits, captions, labels, damaged rows.',
  positionals: 'PATH',
  options: {
    ...sourceFlags,
    page: {
      type: 'string',
      value: 'FILE',
      summary: 'a page to write: pictures with captions, and those that look alike',
    },
  },
  example: 'crossweave data inspect questions.jsonl --columns caption=question,label=answer',
  async run(values, positionals, { terminal, signal }) {
    const { source, options } = sourceOfCommand(dataInspect, values, positionals);
    const file = text(values, 'page');
    const progress = terminal.progress('Reading pictures');
    const sheet =
      file === undefined
        ? undefined
        : await contactSheet(source, {
            ...options,
            signal,
            onProgress: (done, total) => progress.update(done, total),
          });
    progress.done();
    const summary = sheet?.summary ?? (await summariseDataset(source, { ...options, signal }));
    const { format, rows, rejects, splits, examples } = summary;
    terminal.line(`${source}: ${format}, ${rows} rows, ${rejects.count} rejects`);
    for (const message of rejects.first) terminal.line(`  ${message}`);
    for (const [name, split] of Object.entries(splits)) {
      const { samples, captions, words, labelled, labels, groups } = split;
      terminal.line(
        `${name}: ${samples} images, ${captions} captions of ${words.mean.toFixed(1)} words on average, ${words.most} at most`,
      );
      if (labelled > 0) {
        const first = Object.entries(labels.first).map(([label, count]) => `${label} ${count}`);
        const rest = labels.distinct > first.length ? ', …' : '';
        terminal.line(
          `  ${labelled} labels, ${labels.distinct} different: ${first.join(', ')}${rest}`,
        );
      }
      if (groups > 0) terminal.line(`  ${groups} groups`);
    }
    terminal.line('The first:');
    for (const example of examples) terminal.line(`  ${JSON.stringify(example)}`);
    if (sheet === undefined || file === undefined) return summary;
    await writeFileAtomic(file, sheet.page);
    terminal.line(`Page: ${file}`);
    return { ...summary, images: sheet.images };
  },
};

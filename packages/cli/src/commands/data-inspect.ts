import { writeFileAtomic } from '@crossweave/core/node';
import {
  contactSheet,
  summariseDataset,
  type ContactSheet,
  type ContactSheetOptions,
} from '@crossweave/data';
import { text, type Command } from '../command';
import { inFlags } from '../config/data-flags';
import type { Terminal } from '../terminal';
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
    const sheet =
      file === undefined ? undefined : await sheetOf(source, { ...options, signal }, terminal);
    const summary = sheet?.summary ?? (await summariseDataset(source, { ...options, signal }));
    const { format, rows, rejects, missing, splits, examples } = summary;
    terminal.line(`${source}: ${format}, ${rows} rows, ${rejects.count} rejects`);
    for (const message of rejects.first) terminal.line(`  ${inFlags(message)}`);
    if (missing.count > 0) terminal.line(`missing image files: ${missing.count}`);
    for (const message of missing.first) terminal.line(`  ${inFlags(message)}`);
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
    if (examples.length > 0) terminal.line('The first:');
    for (const example of examples) terminal.line(`  ${JSON.stringify(example)}`);
    if (sheet === undefined || file === undefined) return summary;
    await writeFileAtomic(file, sheet.page);
    terminal.line(`Page: ${file}`);
    return { ...summary, images: sheet.images };
  },
};

/** The contact sheet, with progress while pictures are read. */
async function sheetOf(
  source: string,
  options: ContactSheetOptions,
  terminal: Terminal,
): Promise<ContactSheet> {
  const progress = terminal.progress('Reading pictures');
  const onProgress = (done: number, total: number): void => {
    progress.update(done, total);
  };
  const sheet = await contactSheet(source, { ...options, onProgress });
  progress.done();
  return sheet;
}

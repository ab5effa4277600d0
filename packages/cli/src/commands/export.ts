import { resolve } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { requireEmptyFolder } from '@crossweave/core/node';
import { requiredText, text, type Command } from '../command';
import { writeCompanions } from '../export/companion-files';
import { writeTowers } from '../export/write-towers';
import { modelOptions, openNamed } from '../use/use-model';

export const exportModel: Command = {
  name: 'export',
  summary: 'Writes both towers as ONNX files that @huggingface/transformers loads.',
  options: {
    ...modelOptions,
    engine: {
      ...modelOptions['engine']!,
      default: 'onnx',
      summary: 'onnx, which writes the files',
    },
    out: { type: 'string', value: 'DIR', summary: 'folder to write' },
  },
  example: 'crossweave export --model runs/shoes --out shoes-onnx',
  async run(values, _positionals, session) {
    const out = resolve(requiredText(exportModel, values, 'out'));
    const engine = text(values, 'engine')!;
    if (!engine.startsWith('onnx')) {
      throw new ConfigError('ONNX files are written by the engine onnx', {
        where: 'crossweave export',
        expected: '--engine onnx',
        got: engine,
      });
    }
    await requireEmptyFolder(out);
    await using model = await openNamed(exportModel, values, session);
    const { files, difference } = await writeTowers(out, model);
    const companions = await writeCompanions(out, model);
    const { terminal } = session;
    terminal.line(
      `${out}: ${[...files.map((file) => file.slice(out.length + 1)), ...companions].join(', ')}`,
    );
    const largest = Math.max(difference.image, difference.text);
    terminal.line(`Embeddings differ from the model's by at most ${largest.toExponential(1)}.`);
    return {
      schema: 1,
      out,
      files: [...files, ...companions.map((file) => resolve(out, file))],
      difference,
    };
  },
};

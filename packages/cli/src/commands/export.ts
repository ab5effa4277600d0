import { resolve } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { requireEmptyFolder } from '@crossweave/core/node';
import { requireFidelity } from '@crossweave/lab';
import type { OpenModel } from '@crossweave/models';
import {
  Failed,
  requiredText,
  text,
  type Command,
  type OptionValues,
  type Session,
} from '../command';
import { dataFlags } from '../config/data-flags';
import { writeCompanions } from '../export/companion-files';
import { describeInt8 } from '../export/describe-int8';
import { exportTowers, type ExportedTowers } from '../export/export-towers';
import { readInt8Data, refuseDataOptions } from '../export/int8-data';
import { int8Towers, type Int8Figures } from '../export/int8-towers';
import { checkTowers, writeTowers } from '../export/write-towers';
import { Interrupted } from '../interrupted';
import { modelOptions, openNamed } from '../use/use-model';

export const exportModel: Command = {
  name: 'export',
  summary: 'Writes both towers as ONNX files that @huggingface/transformers loads.',
  options: {
    // Files are float32, so there is no choice of a precision.
    model: modelOptions['model']!,
    download: modelOptions['download']!,
    engine: {
      ...modelOptions['engine']!,
      default: 'onnx',
      summary: 'onnx, which writes the files',
    },
    out: { type: 'string', value: 'DIR', summary: 'folder to write' },
    int8: {
      type: 'boolean',
      summary: 'also files in int8, if they are as good on pairs of the run or of --captions',
    },
    captions: { type: 'string', value: 'FILE', summary: 'with --int8: pairs, with their splits' },
    split: {
      type: 'string',
      value: 'NAME',
      summary: 'with --int8: what measures it; default: the validation split of the run, or val',
    },
    ...dataFlags,
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
    const wantsInt8 = values['int8'] === true;
    if (!wantsInt8) refuseDataOptions(exportModel, values);
    await requireEmptyFolder(out);
    await using model = await openNamed(exportModel, values, session);
    const towers = exportTowers(model);
    const difference = checkTowers(towers, model);
    const int8 = wantsInt8 ? await madeInt8(values, model, towers, session) : undefined;
    const files = await writeTowers(out, towers, int8?.towers);
    const companions = await writeCompanions(out, model, int8?.figures);
    const { terminal } = session;
    terminal.line(
      `${out}: ${[...files.map((file) => file.slice(out.length + 1)), ...companions].join(', ')}`,
    );
    const largest = Math.max(difference.image, difference.text);
    terminal.line(`Embeddings differ from the model's by at most ${largest.toExponential(1)}.`);
    if (int8 !== undefined) {
      terminal.line(['int8:', ...describeInt8(int8.figures)].join('\n  '));
    }
    return {
      schema: 1,
      out,
      files: [...files, ...companions.map((file) => resolve(out, file))],
      difference,
      ...(int8 && { int8: int8.figures }),
    };
  },
};

/** @throws Failed, with the figures, where int8 costs too much. */
async function madeInt8(
  values: OptionValues,
  model: OpenModel,
  float32: ExportedTowers,
  session: Session,
): Promise<{ readonly towers: ExportedTowers; readonly figures: Int8Figures }> {
  const { terminal, signal } = session;
  const data = await readInt8Data(exportModel, values, model, session);
  const { name, records } = data.gate;
  terminal.note(`Measuring int8 on the ${records.length} images of "${name}" …`);
  const made = await int8Towers(model, float32, data, signal).catch((error: unknown) => {
    throw signal.aborted ? new Interrupted('Stopped; nothing was written.') : error;
  });
  try {
    requireFidelity(made.figures);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = [
      `int8 is refused, and nothing was written: ${error.message}`,
      ...describeInt8(made.figures),
    ].join('\n  ');
    throw new Failed(message, { error: { code: 'fidelity', message }, int8: made.figures });
  }
  return made;
}

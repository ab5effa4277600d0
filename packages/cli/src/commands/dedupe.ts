import { join, resolve } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { readBytes } from '@crossweave/core/node';
import {
  calibrateDuplicates,
  duplicates,
  listPictures,
  type DuplicateCalibration,
  type OpenModel,
  type PictureFile,
} from '@crossweave/models';
import { requiredText, text, type Command, type OptionValues, type Session } from '../command';
import { modelOptions, openNamed, picturesOf, picturesOption, rejectsOf } from '../use/use-model';

export const dedupe: Command = {
  name: 'dedupe',
  summary: 'Finds pictures that are nearly the same. Nothing is deleted.',
  options: {
    ...modelOptions,
    images: picturesOption,
    threshold: {
      type: 'string',
      value: 'T',
      summary: 'cosine from which two pictures are taken for one, above −1, at most 1',
    },
    calibrate: {
      type: 'string',
      value: 'DIR',
      summary: 'choose the threshold by pictures of which no two are of the same thing',
    },
  },
  example: 'crossweave dedupe --model runs/shoes --images pictures --calibrate validation',
  async run(values, _positionals, session) {
    const { terminal } = session;
    const folder = requiredText(dedupe, values, 'images');
    const asked = thresholdOf(values);
    await using model = await openNamed(dedupe, values, session);
    const calibration =
      'calibrate' in asked ? await calibrated(model, asked.calibrate, session) : undefined;
    if (calibration !== undefined) terminal.note(describe(calibration));
    const threshold = 'threshold' in asked ? asked.threshold : calibration!.threshold;
    const pictures = await picturesOf(model, folder, session);
    const found = await duplicates(pictures.embeddings, { threshold });
    const groups = found.map(({ rows, score }) => ({
      score,
      paths: rows.map((row) => pictures.paths[row]!),
    }));
    for (const { score, paths } of groups)
      terminal.line(`${score.toFixed(4)}  ${paths.join('  ')}`);
    const repeated = groups.reduce((sum, { paths }) => sum + paths.length - 1, 0);
    terminal.line(
      `${repeated} of ${pictures.paths.length} pictures are nearly the same as an earlier one.`,
    );
    return { schema: 1, threshold, calibration, groups, repeated, rejected: rejectsOf(pictures) };
  },
};

function thresholdOf(
  values: OptionValues,
): { readonly threshold: number } | { readonly calibrate: string } {
  const [given, calibrate] = [text(values, 'threshold'), text(values, 'calibrate')];
  if ((given === undefined) === (calibrate === undefined)) {
    throw new ConfigError('give either --threshold T or --calibrate DIR', {
      where: 'crossweave dedupe',
      advice: `For example: ${dedupe.example}`,
    });
  }
  if (calibrate !== undefined) return { calibrate };
  const threshold = given!.trim() === '' ? NaN : Number(given);
  if (threshold > -1 && threshold <= 1) return { threshold };
  throw new ConfigError('--threshold must be a number', {
    ...{ expected: 'above −1, at most 1', got: given },
  });
}

async function calibrated(
  model: OpenModel,
  folder: string,
  { signal }: Session,
): Promise<DuplicateCalibration> {
  const base = resolve(folder);
  const paths = await listPictures(base);
  return calibrateDuplicates(model, filesOf(base, paths), { signal });
}

/** One after another, so that not all are in memory. */
async function* filesOf(base: string, paths: readonly string[]): AsyncGenerator<PictureFile> {
  for (const path of paths) yield { name: path, bytes: await readBytes(join(base, path)) };
}

function describe({ threshold, mistaken, known, pictures }: DuplicateCalibration): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return `Threshold ${threshold.toFixed(4)} by ${pictures} pictures: ${percent(mistaken)} are taken for another one, ${percent(known)} are known again by their middle 90 %.`;
}

import { scalar } from '@tensorflow/tfjs-core';
import { ConfigError, disposeParams, subtree, type Params } from '@crossweave/core';
import { createFusion } from '@crossweave/fusion';
import type { OpenModel } from '@crossweave/models';
import { requiredText, text, type Command, type OptionValues, type Session } from '../command';
import { dataSettings } from '../config/data-flags';
import { openDataWith, sourceOf, summaryOf } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { dataSchema, type DataConfig } from '../config/schema';
import { openNamed } from '../use/use-model';
import { figuresOf, measure, tableOf, type Measurable, type MeasureOptions } from './measure';

/** `eval --model`: what the model reaches on data that `--captions` names, as it is. */
export async function evaluateModel(
  command: Command,
  values: OptionValues,
  session: Session,
  options: MeasureOptions,
): Promise<object> {
  const where = `crossweave ${command.name}`;
  const captions = requiredText(command, values, 'captions');
  for (const other of ['run', 'best']) {
    if (values[other] === undefined) continue;
    throw new ConfigError(`--${other} and --model do not go together`, {
      where,
      expected: '--run for a run and its own data, or --model for any model and --captions',
    });
  }
  const { terminal, signal } = session;
  await using model = await openNamed(command, values, session);
  using measured = measurableOf(model);
  const config = dataOf(where, model, { captions: sourceOf(captions), ...dataSettings(values) });
  const checked = await openDataWith(model.tokenizerFolder!, config, { terminal, signal });
  const name = text(values, 'split') ?? config.test;
  checked.pairs.split(name);
  const data = await checked.decode();
  const { train } = config;
  const known = Object.hasOwn(data.splits, train) ? data.split(train) : undefined;
  const measurement = await measure(measured, data.split(name), known, session, {
    ...options,
    store: config.featureStore,
  });
  terminal.line(`Split "${name}", ${model.name}:`);
  terminal.line(tableOf(measurement));
  return {
    model: { from: model.name, family: model.family, fingerprint: await model.fingerprint() },
    split: name,
    data: { captions: checked.captionsFile, fingerprint: data.fingerprint },
    ...figuresOf(measurement),
    load: summaryOf(data.report),
  };
}

/** How data is read for a model: its pictures, its tokenizer, its longest text. */
function dataOf(
  where: string,
  { preprocessing, maxTokens, tokenizerFolder }: OpenModel,
  settings: object,
): DataConfig {
  const { size: imageSize, ...pictures } = preprocessing!;
  const ofModel = { imageSize, ...pictures, maxTokens, tokenizer: tokenizerFolder };
  return parseConfig(dataSchema, { ...ofModel, ...settings }, where);
}

/** A model in use as one to be measured. @throws ConfigError for one tower alone. */
function measurableOf({
  name,
  family,
  dim,
  logits,
  parts,
  frozen,
}: OpenModel): Measurable & Disposable {
  if (frozen !== undefined) {
    const { scale, bias } = logits ?? { scale: 1, bias: 0 };
    const params = { logit_scale: scalar(Math.log(scale)), logit_bias: scalar(bias) };
    // The towers of an export give embeddings: what is left of the fusion is scale and bias.
    const options = { dim, projection: 'none', clampScale: false };
    const fitted = { fusion: createFusion('dual-encoder', options), params };
    return { ...frozen, fitted, [Symbol.dispose]: () => disposeParams(params) };
  }
  const { image, text: ofText, fusion, params = {} } = parts ?? {};
  if (image === undefined || ofText === undefined || fusion === undefined) {
    throw new ConfigError('the model does not compare pictures with texts', {
      where: name,
      expected: 'two towers and what joins them',
      got: `a model of the kind ${family}`,
      advice: 'Train a fusion on top with crossweave train --model, and measure that.',
    });
  }
  const of = (part: string): Params => subtree(params, `${part}.`);
  return {
    image: { encoder: image.encoder, params: of('image') },
    text: { encoder: ofText.encoder, params: of('text') },
    fitted: { fusion: fusion.fusion, params: of('fusion') },
    [Symbol.dispose]: () => undefined,
  };
}

import { add, concat, keep, mul, sum, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  outputsOfEmbeddings,
  partition,
  scoped,
  subtree,
  treeGradients,
  withFields,
  withoutRecord,
  type Batch,
  type Context,
  type ModelOutputs,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import type { Known } from '../compile/stand-ins';
import type { PartCall, StepCompiler } from '../compile/step-compiler';
import { recording } from '../gradients';
import type { StepOptions } from '../options';
import { partitionTrainable } from '../partition';
import { trainingContext } from '../step';
import { addedTo, type BatchLoss, type Gathered } from './gathered';

/** Embeddings by side: `image`, `text`, and `negatives` where there are some; [b, E] each. */
export type Embedded = Readonly<Record<string, Tensor2D>>;

/** Sums of gradients by path, to which a part adds. */
interface Sums {
  readonly sums: Params;
}

/** What is computed of a batch in chunks. `params` are all of the state's, with statistics that were recorded since. */
export interface ChunkParts<Image, Text> {
  /** The embeddings of a chunk. */
  readonly embed: PartCall<{ params: Params }, Embedded, Image, Text, object>;
  /** The loss over the embeddings of all chunks, its gradients by them and by its own parameters. */
  readonly contrast: PartCall<
    { params: Params; all: readonly Embedded[] },
    BatchLoss & Pick<Gathered, 'gradients'> & { slopes: Embedded },
    Image,
    Text,
    Sums
  >;
  /** The gradients of a chunk, by those of its embeddings. */
  readonly carry: PartCall<
    { params: Params; slopes: Embedded },
    Omit<Gathered, 'losses'>,
    Image,
    Text,
    Sums
  >;
}

export const isOfLoss = (path: string): boolean => path.startsWith('loss.');

export function chunkParts<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  compiler: StepCompiler<Image, Text>,
): ChunkParts<Image, Text> {
  const { model, loss } = options;
  const contextOf = ({ key, step, sources }: Known<Image, Text>): Context =>
    trainingContext(options, key, step, sources.clock);
  const embedded = (params: Params, batch: Batch<Image, Text>, ctx: Context): Embedded =>
    embeddingsOf(model.forward(params, batch, ctx));

  const rare = { isRare: true };
  return {
    embed: compiler.part(({ params }, known) =>
      embedded(params, known.batch, withoutRecord(contextOf(known))),
    ),
    contrast: compiler.part(({ params, all }, known, { sums }) => {
      const [trainable] = partitionTrainable(options, params, known.step);
      const [ofLoss] = partition(trainable, isOfLoss);
      const whole = Object.fromEntries(
        Object.keys(all[0]!).map((side) => {
          const rows = all.map((part) => part[side]!);
          return [side, concat<Tensor2D>(rows, 0)];
        }),
      );
      const terms: Record<string, Scalar> = {};
      const { value, gradients } = treeGradients(
        (): Scalar => {
          // The type says what the loss reads of features; `refuse` sees to it that it reads no more.
          const outputs = embeddingOutputs(whole) as unknown as ModelOutputs<F>;
          const own = subtree(params, 'loss.');
          const result = loss.compute(own, outputs, known.batch, scoped(contextOf(known), 'loss.'));
          for (const [name, term] of Object.entries(result.terms)) terms[name] = keep(term.clone());
          return result.total;
        },
        { ...whole, ...ofLoss },
      );
      const [own, slopes] = partition(gradients, isOfLoss);
      return { total: value, terms, slopes: slopes as Embedded, gradients: addedTo(sums, own) };
    }, rare),
    carry: compiler.part(({ params, slopes }, known, { sums }) => {
      const [trainable] = partitionTrainable(options, params, known.step);
      const [, ofModel] = partition(trainable, isOfLoss);
      return recording((record) => {
        const ctx = withFields(contextOf(known), { record });
        const { gradients } = treeGradients((): Scalar => {
          const parts = Object.entries(embedded(params, known.batch, ctx))
            .filter(([side]) => side in slopes)
            .map(([side, rows]): Scalar => sum(mul(rows, slopes[side]!)));
          return parts.reduce((all, part) => add(all, part));
        }, ofModel);
        return { gradients: addedTo(sums, gradients) };
      });
    }),
  };
}

function embeddingsOf<F extends PooledFeatures>(outputs: ModelOutputs<F>): Embedded {
  if (outputs.embed === undefined) {
    throw new ConfigError('"chunk" needs embeddings, and the fusion has none', {
      where: 'train',
      expected: 'a separable fusion, whose model outputs have embed()',
      advice: 'Use a dual encoder, or leave chunk out and accumulate batches.',
    });
  }
  const { image, text, negatives } = outputs;
  return {
    image: outputs.embed('image', image),
    text: outputs.embed('text', text),
    ...(negatives && { negatives: outputs.embed('text', negatives) }),
  };
}

/** A model that is its embeddings. */
function embeddingOutputs(all: Embedded): ModelOutputs<PooledFeatures> {
  const refuse = (what: string): never => {
    throw new ConfigError(`"chunk" is for losses of embeddings, and this one reads ${what}`, {
      where: 'train',
      advice: 'Train it on batches in one piece, or accumulate several.',
    });
  };
  return outputsOfEmbeddings(all, refuse);
}

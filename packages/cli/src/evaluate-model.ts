import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Encoder, Fusion, PairSplit, Params, TextInput } from '@crossweave/core';
import { encodeSplit, evaluateFusion } from '@crossweave/lab';
import type { ModelPart } from '@crossweave/trainer';
import { Interrupted } from './command';
import type { Terminal } from './terminal';

export interface EvaluateModelOptions {
  readonly split: PairSplit;
  readonly image: Encoder<Tensor4D>;
  readonly text: Encoder<TextInput>;
  readonly fusion: Fusion;
  readonly params: (part: ModelPart) => Params;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Encodes a split once, measures the fusion on it and prints the metrics. */
export async function evaluateModel(
  options: EvaluateModelOptions,
): Promise<Readonly<Record<string, number>>> {
  const { split, image, text, fusion, params, terminal, signal } = options;
  try {
    const cache = await encodeSplit({
      split,
      image: { encoder: image, params: params('image') },
      text: { encoder: text, params: params('text') },
      signal,
    });
    const { metrics } = await evaluateFusion({ fusion, params: params('fusion') }, cache, {
      signal,
    });
    terminal.line(`On ${split.records.length} pictures of "${split.name}":`);
    const width = Math.max(...Object.keys(metrics).map((name) => name.length));
    for (const [name, value] of Object.entries(metrics)) {
      terminal.line(`  ${name.padEnd(width)}  ${value.toFixed(4)}`);
    }
    return metrics;
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Stopped; nothing was measured.');
    throw error;
  }
}

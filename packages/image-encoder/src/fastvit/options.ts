import { ConfigError } from '@crossweave/core';
import {
  anyOf,
  boolean,
  count,
  exactly,
  listOf,
  number,
  readOptions,
  type Checks,
} from '@crossweave/core/authoring';
import {
  convolutionalChecks,
  convolutionalDefaults,
  stagesCheck,
  type ConvolutionalOptions,
} from '../convolutional-options';

/** The defaults are those of timm's `fastvit_mci1`, the image tower of MobileCLIP-S1. */
export interface FastVitOptions extends ConvolutionalOptions {
  /** Number of blocks of each stage. Default [4, 12, 20, 4]. */
  layers?: readonly number[];
  /** Width of each stage; of the last one, a multiple of 32. Default [64, 128, 256, 512]. */
  widths?: readonly number[];
  /** Width between the two layers of a block, as a multiple of its width. Default 3. */
  mlpRatio?: number;
  /**
   * Whether channels are weighted by squeeze and excitation where a stage begins. Default
   * [false, false, true, true]; of the first stage, which begins with the stem, it is not read.
   */
  squeeze?: readonly boolean[];
  /** Initial factor of the residuals, in (0, 1]. Default 1e-5. */
  layerScale?: number;
  /**
   * Width of the shared embedding to which `head.fc` maps tokens and pooled. With false there is no
   * projection, and both have twice the last width. Default 512.
   */
  projection?: number | false;
}

export type FastVitSettings = Required<FastVitOptions>;

const checks: Checks<FastVitOptions> = {
  ...convolutionalChecks,
  layers: stagesCheck,
  widths: stagesCheck,
  mlpRatio: number({ above: 0 }),
  squeeze: listOf(boolean(), { min: 1 }),
  layerScale: number({ above: 0, max: 1 }),
  projection: anyOf(count(), exactly(false)),
};

/** D of a head of the attention in the last stage. */
export const headWidth = 32;

/** @throws ConfigError for an unknown option, a wrong value, lists of unequal lengths, or odd widths. */
export function fastVitSettings(where: string, options: FastVitOptions): FastVitSettings {
  const settings = readOptions<FastVitOptions>(
    where,
    options,
    {
      ...convolutionalDefaults,
      imageSize: 256,
      layers: [4, 12, 20, 4],
      widths: [64, 128, 256, 512],
      mlpRatio: 3,
      squeeze: [false, false, true, true],
      layerScale: 1e-5,
      projection: 512,
    },
    checks,
  );
  const { layers, widths, squeeze } = settings;
  for (const [name, list] of Object.entries({ layers, squeeze })) {
    if (list.length === widths.length) continue;
    throw new ConfigError(`"${name}" and "widths" disagree on the number of stages`, {
      where,
      expected: `${widths.length} entries`,
      got: list,
    });
  }
  widths.forEach((width, stage) => {
    // A depthwise convolution makes so many channels of each one.
    const unit = stage === widths.length - 1 ? headWidth : 1;
    const before = stage === 0 ? 1 : widths[stage - 1]!;
    if (width % unit === 0 && width % before === 0) return;
    throw new ConfigError(`the width of stage ${stage} does not fit`, {
      where: `${where}, "widths"`,
      expected: `a multiple of ${before}, the width before it${unit === 1 ? '' : `, and of ${unit}, the width of a head`}`,
      got: width,
    });
  });
  return settings;
}

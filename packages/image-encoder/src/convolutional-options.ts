import { boolean, count, dropRate, listOf, type Checks } from '@crossweave/core/authoring';
import { anySizeCheck, type ImageSize } from './image-size';

/** Options that all convolutional encoders have. */
export interface ConvolutionalOptions {
  /**
   * Size of the pictures, which determines the number of tokens; `'any'` accepts pictures of every
   * size. Default 224.
   */
  imageSize?: ImageSize | 'any';
  /**
   * Whether batch norm uses the stored statistics in training too and does not change them, for
   * fine-tuning with small batches. Its weight and bias still have gradients. Default false.
   */
  frozenBatchNorm?: boolean;
  /**
   * Stochastic depth: in training the residual of the last block is dropped with this probability in
   * [0, 1). The probability falls linearly over the blocks to 0 for the first (timm's rule).
   * Default 0.
   */
  dropPath?: number;
}

export const convolutionalDefaults = { frozenBatchNorm: false, dropPath: 0 } as const;

export const convolutionalChecks: Checks<ConvolutionalOptions> = {
  imageSize: anySizeCheck,
  frozenBatchNorm: boolean(),
  dropPath: dropRate(),
};

/** A number for each stage. */
export const stagesCheck = listOf(count(), { min: 1 });

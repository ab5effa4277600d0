import { ConfigError, lookUp, requireInteger, requireRange, withDefaults } from '@crossweave/core';
import { heightAndWidth, type ImageSize } from '../image-size';
import { convolutionActivations, type ConvolutionActivation } from './activations';

/** One inverted residual: 1×1 to `expanded` channels, a depthwise convolution, 1×1 to `out`. */
export interface InvertedResidual {
  /** Side of the depthwise kernel, odd. */
  readonly kernel: number;
  /** Channels in between; where they are those of the input there is no first convolution. */
  readonly expanded: number;
  readonly out: number;
  /** Whether channels are weighed by squeeze and excitation (Hu et al. 2017). */
  readonly squeeze: boolean;
  readonly activation: ConvolutionActivation;
  readonly stride: number;
}

export interface MobileNetV3Options {
  /** Channels of the stem, a 3×3 convolution of stride 2. Default 16. */
  stemWidth?: number;
  /** Default: those of MobileNetV3-small. The last convolution has 6 times the last one's `out`. */
  blocks?: readonly InvertedResidual[];
  /** Size of the pictures, which fixes the number of tokens; `'any'` leaves it open. Default 224. */
  imageSize?: ImageSize | 'any';
  /**
   * Batch norm uses and leaves the stored statistics in training too; its weight and bias still
   * have gradients. Default false.
   */
  frozenBatchNorm?: boolean;
  /**
   * Stochastic depth: in training the residual of the last block is dropped with this probability
   * in [0, 1), that of the others with linearly less, down to 0 for the first. Default 0.
   */
  dropPath?: number;
}

export type MobileNetV3Settings = Required<MobileNetV3Options>;

/** @throws ConfigError for an unknown option or one out of range. */
export function mobileNetV3Settings(
  where: string,
  options: MobileNetV3Options,
  preset: Required<Pick<MobileNetV3Options, 'stemWidth' | 'blocks' | 'imageSize'>>,
): MobileNetV3Settings {
  const settings = withDefaults<MobileNetV3Options>(where, options, {
    frozenBatchNorm: false,
    dropPath: 0,
    ...preset,
  });
  requireInteger(where, 'stemWidth', settings.stemWidth);
  requireRange(where, 'dropPath', settings.dropPath, 0, 0.999);
  if (settings.imageSize !== 'any') heightAndWidth(where, settings.imageSize);
  checkBlocks(where, settings.blocks);
  return settings;
}

function checkBlocks(where: string, blocks: readonly InvertedResidual[]): void {
  // Options come from config files too.
  if (!Array.isArray(blocks) || blocks.length === 0) {
    throw new ConfigError('"blocks" must list at least one block', { where, got: blocks });
  }
  blocks.forEach((block: InvertedResidual, i) => {
    for (const name of ['kernel', 'expanded', 'out', 'stride'] as const) {
      requireInteger(where, `blocks[${i}].${name}`, block[name]);
    }
    if (block.kernel % 2 === 0) {
      throw new ConfigError(`"blocks[${i}].kernel" is even`, {
        where,
        expected: 'an odd side, so that the padding is the same all round',
        got: block.kernel,
      });
    }
    lookUp(`${where}: "blocks[${i}].activation"`, convolutionActivations, block.activation);
  });
}

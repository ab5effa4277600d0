import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Context, Key, Params } from '@crossweave/core';
import type { VisionTransformerSettings } from './options';

/** Paths of the parameters of a vision transformer in the checkpoints of one family. */
export interface TransformerNames {
  readonly embeddings: {
    /** Absent: there is no class token, and only the patches are tokens. */
    readonly classToken?: string;
    readonly positions: string;
    /** The convolution of the patches, with or without a bias. */
    readonly projection: string;
    readonly bias: boolean;
    /** Number of axes of size 1 before the axes of the class token [D] and the positions [N, D]. */
    readonly classAxes: number;
    readonly positionAxes: number;
  };
  /** The layer norm between embeddings and layers. Absent: there is none. */
  readonly firstNorm?: string;
  readonly layer: (index: number) => string;
  /** Names below the path of a layer. */
  readonly parts: {
    readonly attentionNorm: string;
    readonly query: string;
    readonly key: string;
    readonly value: string;
    readonly attentionOut: string;
    readonly hiddenNorm: string;
    readonly hidden: string;
    readonly hiddenOut: string;
  };
  readonly lastNorm: string;
}

/** Standard deviations of the initial weights; initial biases are 0. */
export interface TransformerDeviations {
  readonly classToken: number;
  readonly positions: number;
  readonly patches: number;
  /** Query, key and value. */
  readonly attention: number;
  readonly attentionOut: number;
  readonly hidden: number;
  readonly hiddenOut: number;
}

export interface TransformerSettings extends VisionTransformerSettings {
  /** A function has parameters of its own ({@link Head}). */
  readonly pooling: 'class' | 'mean' | Head;
  readonly projection?: Projection | undefined;
}

/** Pools all tokens [B, N, D] after the last layer norm to one vector [B, D]. */
export interface Head {
  readonly init: (key: Key) => Params;
  readonly apply: (params: Params, tokens: Tensor3D, ctx: Context) => Tensor2D;
}

/** A linear layer without bias after the last layer norm, to the width of tokens and pooled. */
export interface Projection {
  readonly path: string;
  readonly dim: number;
  /** Standard deviation of the initial weights. */
  readonly deviation: number;
}

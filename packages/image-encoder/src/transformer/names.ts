import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Context, Key, Params } from '@crossweave/core';
import type { VisionTransformerSettings } from './options';

/** Paths of the parameters of a vision transformer in the checkpoints of one family. */
export interface TransformerNames {
  readonly embeddings: {
    /** Absent: there is none, and the patches alone are tokens. */
    readonly classToken?: string;
    readonly positions: string;
    /** The patches' convolution, with a bias or without. */
    readonly projection: string;
    readonly bias: boolean;
    /** Axes of size 1 before those of the class token [D] and the positions [N, D]. */
    readonly classAxes: number;
    readonly positionAxes: number;
  };
  /** A norm between embeddings and layers, where there is one. */
  readonly firstNorm?: string;
  readonly layer: (index: number) => string;
  /** Below a layer's path. */
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

/** Standard deviations of the initial weights; biases start at 0. */
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

/** What makes one vector [B, D] of all tokens [B, N, D] after the last norm. */
export interface Head {
  readonly init: (key: Key) => Params;
  readonly apply: (params: Params, tokens: Tensor3D, ctx: Context) => Tensor2D;
}

/** A linear layer without bias behind the last norm, to the width of tokens and pooled. */
export interface Projection {
  readonly path: string;
  readonly dim: number;
  /** Standard deviation of the initial weights. */
  readonly deviation: number;
}

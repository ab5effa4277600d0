import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Context, Key, Params } from '@crossweave/core';
import type { VisionTransformerSettings } from './options';
import type { Grid } from './positions';

/** Paths of the parameters of a vision transformer in the checkpoints of one family. */
export interface TransformerNames {
  readonly embeddings: {
    /** Absent: there is no class token, and only the patches are tokens. */
    readonly classToken?: string;
    /** Tokens without a place, [1, R, D], after the class token. Absent: there are none. */
    readonly registers?: string;
    /** Absent: places are known by the rotation of queries and keys ({@link TransformerSettings}). */
    readonly positions?: string;
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
    /** Whether the key has a bias. Default true. */
    readonly keyBias?: boolean;
    readonly value: string;
    readonly attentionOut: string;
    readonly hiddenNorm: string;
    readonly hidden: string;
    readonly hiddenOut: string;
    /** Factors [D] of the two residuals (Touvron et al. 2021, "LayerScale"). Absent: there are none. */
    readonly attentionScale?: string;
    readonly hiddenScale?: string;
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
  /** R, the number of registers. Default 0. */
  readonly registers?: number;
  /** Whether positions are interpolated with antialiasing. Default false. */
  readonly antialias?: boolean;
  /** Angles of the patches of a grid, row by row, for models without learned positions. */
  readonly angles?: (grid: Grid) => readonly ArrayLike<number>[];
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

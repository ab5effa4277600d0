import type { KeyMap } from '@crossweave/checkpoints';
import type { Preprocessing } from '@crossweave/data';
import type { ModelFiles } from '../model-files';
import type { PartConfig } from '../types';

/** One tower of a checkpoint: which encoder it is, and how its file names the parameters. */
export interface TowerDescription {
  readonly part: PartConfig;
  readonly keys: KeyMap;
  /** Entries that have no place in the tower: projections, which the fusion takes, or a pooler. */
  readonly ignoreUnexpected?: readonly string[];
}

export interface ImageDescription extends TowerDescription {
  /** Side of the pictures that its positions are for; absent where any size will do. */
  readonly positionSize?: number;
  /** Whether the original takes pictures of another size without being asked (DINOv2). */
  readonly anySize?: boolean;
  /** Absent where the checkpoint does not say it. */
  readonly preprocessing?: Preprocessing;
}

export interface TextDescription extends TowerDescription {
  /** The longest text. */
  readonly positions: number;
  /** Where the original cuts texts that its positions would hold. */
  readonly cutAt?: number;
  /** Whether the original writes texts in small letters before the tokenizer reads them. */
  readonly lowercase?: boolean;
}

/** What a checkpoint is, as far as its configs say. */
export interface Description {
  readonly family: string;
  readonly image?: ImageDescription;
  readonly text?: TextDescription;
  readonly fusion?: { readonly part: PartConfig; readonly keys: KeyMap };
  /** What the original does beside, and is not done here; for people. */
  readonly notes?: readonly string[];
}

/** A kind of checkpoint: one file, listed in `index.ts`. */
export interface Family {
  /** What it reads, for messages: `"model_type": "clip"`. */
  readonly reads: string;
  /** The description, or undefined when the files are of another family. */
  describe(files: ModelFiles): Promise<Description | undefined>;
}

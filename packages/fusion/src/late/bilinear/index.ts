import { block, type BlockOptions } from './block';
import { lowRankTensorFusion, type LowRankTensorFusionOptions } from './low-rank-tensor-fusion';
import { mcb, type McbOptions } from './mcb';
import { mfb, type MfbOptions } from './mfb';
import { mfh, type MfhOptions } from './mfh';
import { mlb, type MlbOptions } from './mlb';
import { mutan, type MutanOptions } from './mutan';
import { tensorFusion, type TensorFusionOptions } from './tensor-fusion';
import { tucker, type TuckerOptions } from './tucker';

export { block, lowRankTensorFusion, mcb, mfb, mfh, mlb, mutan, tensorFusion, tucker };
export type {
  BlockOptions,
  LowRankTensorFusionOptions,
  McbOptions,
  MfbOptions,
  MfhOptions,
  MlbOptions,
  MutanOptions,
  TensorFusionOptions,
  TuckerOptions,
};

/** Late fusions by products of entries of the image's vector with entries of the text's vector. */
export const bilinearFusions = {
  mlb,
  mfb,
  mfh,
  mutan,
  tucker,
  block,
  mcb,
  'tensor-fusion': tensorFusion,
  'low-rank-tensor-fusion': lowRankTensorFusion,
};

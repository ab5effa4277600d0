import { bilinearFusions } from './bilinear';
import { concatMlp, type ConcatMlpOptions } from './concat-mlp';
import {
  dualEncoder,
  type DualEncoderOptions,
  type PooledDualEncoderOptions,
} from './dual-encoder';
import { filip, type FilipOptions } from './filip';
import { film, type FilmOptions } from './film';
import { gatedSum, type GatedSumOptions } from './gated-sum';
import { gmu, type GmuOptions } from './gmu';
import { linearSum, type LinearSumOptions } from './linear-sum';
import { meanOfLogits, type MeanOfLogitsOptions } from './mean-of-logits';
import { multiplicative, type MultiplicativeOptions } from './multiplicative';
import { productOfExperts, type ProductOfExpertsOptions } from './product-of-experts';

export * from './bilinear';
export {
  concatMlp,
  dualEncoder,
  filip,
  film,
  gatedSum,
  gmu,
  linearSum,
  meanOfLogits,
  multiplicative,
  productOfExperts,
};
export type {
  ConcatMlpOptions,
  DualEncoderOptions,
  FilipOptions,
  FilmOptions,
  GatedSumOptions,
  GmuOptions,
  LinearSumOptions,
  MeanOfLogitsOptions,
  MultiplicativeOptions,
  PooledDualEncoderOptions,
  ProductOfExpertsOptions,
};

/** Late fusion: the image and the text are encoded separately and combined at the end. */
export const lateFusions = {
  'dual-encoder': dualEncoder,
  'concat-mlp': concatMlp,
  sum: linearSum,
  'gated-sum': gatedSum,
  gmu,
  'mean-of-logits': meanOfLogits,
  film,
  multiplicative,
  'product-of-experts': productOfExperts,
  filip,
  ...bilinearFusions,
};

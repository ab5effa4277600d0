export interface Exclusion {
  /** The reason why these cases need not pass. */
  readonly reason: string;
  /** Full names of the cases, without the name of the backend. */
  readonly cases: readonly string[];
}

/**
 * Cases that the onnx backend is known to fail. A case that passes must be removed from the list.
 */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    reason:
      'The case expects dy / 9 everywhere, which is not the derivative of a forward pass that ' +
      'divides by the number of pixels seen (6 or 4 at the padded edges), as tfjs itself does.',
    cases: ['avgPool gradient x=[3,3,1] f=[3,3] s=1 p=explicit'],
  },
];

/** Cases that OpenVINO is known to fail, beside `EXCLUSIONS`. */
export const OPENVINO_EXCLUSIONS: readonly Exclusion[] = [
  ...EXCLUSIONS,
  {
    reason:
      'The softmax of a row with a NaN is NaN at its place and 0 elsewhere, unless the row is a constant, as it is if the case runs alone.',
    cases: ['softmax Propagates NaNs'],
  },
  {
    reason: 'The tangent is computed in float64, which OpenVINO computes as float32.',
    cases: ['tan numbers exceed float32 precision'],
  },
  {
    reason:
      'OpenVINO sorts many elements by an algorithm that does not keep the order of equal ones.',
    cases: [
      'topk lower-index element appears first, k=65',
      'topk lower-index element appears first, sorted=false',
    ],
  },
];

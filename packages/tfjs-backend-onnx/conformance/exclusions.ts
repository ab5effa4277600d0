export interface Exclusion {
  /** Why these cases need not pass. */
  readonly reason: string;
  /** Full names, without the backend's. */
  readonly cases: readonly string[];
}

/** Cases the onnx backend is known not to pass. One that passes must leave the list. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    reason:
      'The case expects dy / 9 everywhere, which is not the derivative of a forward pass that ' +
      'divides by the number of pixels seen (6 or 4 at the padded edges), as tfjs itself does.',
    cases: ['avgPool gradient x=[3,3,1] f=[3,3] s=1 p=explicit'],
  },
];

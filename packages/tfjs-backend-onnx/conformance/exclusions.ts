export interface Exclusion {
  /** Why these cases need not pass. */
  readonly reason: string;
  /** Full names, without the backend's. */
  readonly cases: readonly string[];
}

/** Cases the onnx backend is known not to pass. One that passes must leave the list. */
export const EXCLUSIONS: readonly Exclusion[] = [];

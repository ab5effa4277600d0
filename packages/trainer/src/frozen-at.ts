/** What of a model is not trained, and until when. */
export interface FrozenOptions {
  /** Parameters (and their buffers) that stay as they are. Default: none. */
  readonly frozen?: (path: string) => boolean;
  /**
   * The number of steps after which a parameter is trained; until then it is frozen in every sense of
   * `frozen` ({@link unfreezeAt}). Default: 0, from the beginning.
   */
  readonly frozenUntil?: (path: string) => number;
}

/** Whether a parameter is frozen when `step` steps are done; undefined where nothing ever is. */
export function frozenAt(
  { frozen, frozenUntil }: FrozenOptions,
  step: number,
): ((path: string) => boolean) | undefined {
  if (frozenUntil === undefined) return frozen;
  return (path) => (frozen?.(path) ?? false) || step < frozenUntil(path);
}

/** A value that JSON can hold. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/**
 * How a part (an encoder, a fusion, a loss, an optimizer, a schedule, a task) was made, as plain data:
 * the name of its factory and all settings, defaults included. Two parts with equal configs compute
 * the same. Comparisons store it, so that a trial is reused only for equal parts.
 */
export interface PartConfig {
  /** Name of the factory: `coAttention`. */
  readonly part: string;
  readonly settings: Readonly<Record<string, PlainValue>>;
}

/** A part that may say how it was made. */
export interface Configured {
  /**
   * How the part was made. `withConfig` of `@crossweave/core/authoring` sets it as a property that a
   * spread (`{ ...fusion, fuse }`) does not copy, since the copy computes something else. Absent: not
   * known, for example because an option is a function of the caller's.
   */
  readonly config?: PartConfig;
}

/** Whether an engine works here and now. */
export type Probe =
  | {
      readonly usable: true;
      readonly detail: string;
      /** What tfjs calls the backend of the provider asked for. Default: the engine's. */
      readonly backend?: string;
    }
  | { readonly usable: false; readonly reason: string; readonly advice: string };

/** One way to compute: a tfjs backend and the package that brings it. */
export interface Engine {
  /** What users call it. */
  readonly name: string;
  /** What tfjs calls its backend. */
  readonly backend: string;
  /**
   * What may follow the name after a colon (`onnx:cpu`), the one meant without it first; empty
   * when nothing may.
   */
  readonly providers: readonly string[];
  /**
   * Loads it and lets it compute something. Never throws: what goes wrong is the reason.
   * May change tfjs's current backend.
   * @param provider one of `providers`. Default: the first.
   */
  readonly probe: (provider?: string) => Promise<Probe>;
}

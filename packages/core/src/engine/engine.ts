/** Whether an engine works here and now. */
export type Probe =
  | { readonly usable: true; readonly detail: string }
  | { readonly usable: false; readonly reason: string; readonly advice: string };

/** One way to compute: a tfjs backend and the package that brings it. */
export interface Engine {
  /** What users call it; an execution provider stands behind a colon (`onnx:webgpu`). */
  readonly name: string;
  /** Other names for the same engine (`onnx:cpu` for `onnx`). Default: none. */
  readonly aliases?: readonly string[];
  /** What tfjs calls its backend. */
  readonly backend: string;
  /** Whether `auto` passes it over, so that it must be asked for by name. Default false. */
  readonly onlyByName?: boolean;
  /**
   * Loads it and lets it compute something. Never throws: what goes wrong is the reason.
   * May change tfjs's current backend.
   */
  readonly probe: () => Promise<Probe>;
}

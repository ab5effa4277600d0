/**
 * Whether an engine works on this machine, with a description, or the reason and advice if it does
 * not.
 */
export type Probe =
  | { readonly usable: true; readonly detail: string }
  | {
      readonly usable: false;
      readonly reason: string;
      readonly advice: string;
      /** Reason and advice in one sentence, for lists; engines with equal ones stand in one line. */
      readonly brief?: string;
    };

/** A tfjs backend and the package that provides it. */
export interface Engine {
  /** The engine's name for users; an execution provider follows a colon (`onnx:webgpu`). */
  readonly name: string;
  /** Other names for the same engine (`onnx:cpu` for `onnx`). Default: none. */
  readonly aliases?: readonly string[];
  /** The name of its tfjs backend. */
  readonly backend: string;
  /** Whether `auto` passes the engine over, so that it must be chosen by name. Default false. */
  readonly onlyByName?: boolean;
  /**
   * The engine that computes the same, in place of which `auto` takes this one where measurements
   * say that this one is at least 1.25 times as fast for training and for features, and nowhere
   * else. Default: none.
   */
  readonly ifFasterThan?: string;
  /**
   * The same engine in another setting than the default, for `useEngine`'s options; undefined for a
   * setting that it has not. Default: it has the default alone.
   */
  readonly variant?: (setting: EngineSetting) => Pick<Engine, 'backend' | 'probe'> | undefined;
  /**
   * Loads the engine and computes something with it. Never throws: an error becomes the reason. May
   * change tfjs's current backend.
   */
  readonly probe: () => Promise<Probe>;
}

/**
 * The numbers in which an engine computes products and convolutions: operands of `bf16` have 8 bits of
 * significand, of `tf32` 11. Parameters, states of optimizers and results are float32 in all of them.
 */
export type Precision = 'float32' | 'tf32' | 'bf16';

/** How an engine computes. */
export interface EngineSetting {
  /** Default `float32`. */
  readonly precision: Precision;
  /** Number of devices that compute together. Default 1. */
  readonly devices: number;
}

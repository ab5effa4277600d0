import type { Attributes, ElementType } from '../graph/types';
import type { StoredType } from '../onnx/write';
import { exportError } from './errors';

/** A value of the graph; dynamic sizes have names. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: ElementType;
  /** A dynamic size without a name is null. */
  readonly shape: readonly (number | string | null)[];
}

export interface Initialiser {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Operator {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes | null;
}

/** A builder of an ONNX graph that has only operators of the standard domain. */
export class OnnxGraph {
  readonly operators: Operator[] = [];
  readonly initialisers: Initialiser[] = [];
  readonly values: ValueInfo[] = [];
  private readonly names = new Set<string>();
  private readonly counts = new Map<string, number>();
  private readonly lists = new Map<string, string>();

  /**
   * Reserves a name that the caller has chosen.
   *
   * @throws OnnxBackendError `export` if the name is in use.
   */
  claim(name: string, what: string): string {
    if (name === '') throw exportError(`${what} needs a name that is not empty.`);
    if (this.names.has(name)) {
      throw exportError(
        `the name '${name}' of ${what} is already in use. All inputs, outputs and parameters of a model ` +
          'need different names: see the option names.',
      );
    }
    this.names.add(name);
    return name;
  }

  /** A new name that contains `kind`. */
  fresh(kind: string): string {
    for (;;) {
      const count = this.counts.get(kind) ?? 0;
      this.counts.set(kind, count + 1);
      const name = `${kind}.${count}`;
      if (this.names.has(name)) continue;
      this.names.add(name);
      return name;
    }
  }

  /** Adds an operator and returns the name of its first output. */
  add(
    op: string,
    inputs: readonly string[],
    attributes: Attributes | null = null,
    outputs: readonly [string, ...string[]] = [this.fresh(op)],
  ): string {
    this.operators.push({ op, inputs, outputs, attributes });
    return outputs[0];
  }

  initialiser(
    name: string,
    dtype: StoredType,
    shape: readonly number[],
    bytes: Uint8Array,
  ): string {
    this.initialisers.push({ name, dtype, shape, bytes });
    return name;
  }

  float(value: number): string {
    const bytes = new Uint8Array(Float32Array.of(value).buffer);
    return this.initialiser(this.fresh('number'), 'float32', [], bytes);
  }

  /** One number of 8 bits without a sign, of shape []. */
  bytes(value: Uint8Array): string {
    return this.initialiser(this.fresh('number'), 'uint8', [], value);
  }

  /** int64 values of shape [n], or of shape [] for a scalar. Equal lists are written once. */
  integers(values: readonly number[], scalar = false): string {
    const text = `${scalar ? 'scalar ' : ''}${values.join()}`;
    let name = this.lists.get(text);
    if (name === undefined) {
      name = this.fresh('integers');
      this.lists.set(text, name);
      const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      this.initialiser(name, 'int64', scalar ? [] : [values.length], bytes);
    }
    return name;
  }
}

import type { ElementType } from '../graph/types';
import { ELEMENT_CODE } from '../graph/types';
import type { Dimension, Samples, Term } from './dimension';
import { isFixed, sameDimension } from './dimension';
import { exportError } from './errors';
import type { GraphInput } from './inputs';
import type { OnnxGraph } from './onnx-graph';

/** Computes integers that depend on dynamic sizes by operators on the shapes of the inputs. */
export class SizeArithmetic {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly graph: OnnxGraph,
    private readonly samples: Samples,
    private readonly inputs: readonly GraphInput[],
  ) {}

  /**
   * The name of a list of int64. It is a constant if all its values are. @param op the operator
   * whose input the list is, for errors.
   */
  list(dimensions: readonly Dimension[], op: string): string {
    if (dimensions.every(isFixed)) return this.graph.integers(dimensions.map(firstOf));
    const parts: string[] = [];
    let fixed: number[] = [];
    for (const dimension of dimensions) {
      if (isFixed(dimension)) {
        fixed.push(firstOf(dimension));
        continue;
      }
      if (fixed.length > 0) parts.push(this.graph.integers(fixed));
      fixed = [];
      parts.push(this.dimension(dimension, op));
    }
    if (fixed.length > 0) parts.push(this.graph.integers(fixed));
    if (parts.length === 1) return parts[0] as string;
    return this.once(parts.join(), () => this.graph.add('Concat', parts, { axis: 0 }));
  }

  /** A single number of shape []. */
  scalar(dimension: Dimension, dtype: ElementType, op: string): string {
    const shape = this.graph.integers([]);
    const one = this.graph.add('Reshape', [this.list([dimension], op), shape]);
    return dtype === 'int64' ? one : this.graph.add('Cast', [one], { to: ELEMENT_CODE[dtype] });
  }

  /**
   * The second input of a Reshape to `target`. It needs no arithmetic if Reshape can infer the
   * sizes: 0 copies the size of the input, one -1 takes the rest.
   */
  reshapeTo(source: readonly Dimension[], target: readonly Dimension[]): string {
    const simple = target.map((dimension, axis) => {
      if (isFixed(dimension)) return firstOf(dimension);
      const same = source[axis] !== undefined && sameDimension(source[axis], dimension);
      return same ? 0 : -1;
    });
    const open = simple.filter((size) => size === -1).length;
    return open <= 1 ? this.graph.integers(simple) : this.list(target, 'Reshape');
  }

  private dimension(dimension: Dimension, op: string): string {
    const terms = this.samples.terms(dimension);
    if (terms === null) {
      throw exportError(
        `${op} takes a number that is ${dimension.join(', ')} where ${this.describeSizes()}; ` +
          'expected the same in each call, or a polynomial of degree 2 in the dynamic sizes with ' +
          'integer coefficients. Divide by a size instead of multiplying by its inverse; otherwise ' +
          'give that size as a number, or pass the values that depend on it as an input.',
        op,
      );
    }
    return this.once(String(this.samples.describe(dimension)), () => {
      const [first, ...rest] = terms.map((term) => this.term(term));
      return rest.reduce((sum, term) => this.graph.add('Add', [sum, term]), first as string);
    });
  }

  private term({ coefficient, exponents }: Term): string {
    const factors = exponents.flatMap((exponent, i) =>
      new Array<string>(exponent).fill(this.samples.names[i] as string),
    );
    const values = factors.map((name) => this.size(name));
    if (coefficient !== 1 || values.length === 0) values.push(this.graph.integers([coefficient]));
    return values.reduce((product, value) => this.graph.add('Mul', [product, value]));
  }

  /** The dynamic size, read from the shape of the first input that has it. */
  private size(name: string): string {
    return this.once(name, () => {
      const input = this.inputs.find(({ shape }) => shape.includes(name)) as GraphInput;
      const start = input.shape.indexOf(name);
      return this.graph.add('Shape', [input.name], { start, end: start + 1 });
    });
  }

  private once(key: string, make: () => string): string {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.known.set(key, made);
    return made;
  }

  private describeSizes(): string {
    const { names, sizes } = this.samples;
    return names.map((name, i) => `${name} is ${sizes.map((by) => by[i]).join(', ')}`).join(', ');
  }
}

const firstOf = (dimension: Dimension): number => dimension[0] as number;

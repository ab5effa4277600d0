import { matMul, mul, reshape, sum, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { ConfigError, ShapeError } from '../errors';
import { showShape } from '../shapes';

type Letters = readonly string[];

/** A tensor with a distinct letter for each axis. */
interface Lettered {
  readonly value: Tensor;
  readonly letters: Letters;
}

/**
 * Einstein's sum, `'bnd,bmd->bnm'`: letters that the result lacks are summed over. As
 * `torch.einsum` with the result written out. Unlike tfjs's `einsum` it has a gradient.
 *
 * Operands are contracted from left to right, each with the result so far, by a batched matrix
 * product (or a multiplication when nothing is summed). A letter occurs at most once in an operand
 * and at most once in the result: diagonals and ellipses are not supported.
 *
 * @throws ConfigError for an equation that is not of this form, ShapeError when the operands do not
 *   fit the equation.
 */
export function einsum<T extends Tensor>(equation: string, ...operands: readonly Tensor[]): T {
  const { inputs, output } = parse(equation, operands.length);
  const sizes = sizesOf(equation, inputs, operands);
  return tidy(() => {
    const [first, ...others] = inputs.map((letters, i): Lettered => ({
      letters,
      value: operands[i]!,
    }));
    const joined = others.reduce((left, right, i) => {
      const wanted = [...output, ...inputs.slice(i + 2).flat()];
      return contract(left, right, wanted, sizes);
    }, first!);
    return ordered(summed(joined, output), output) as T;
  });
}

/**
 * The product of two operands, summed over the letters that neither the result nor a later operand
 * has.
 */
function contract(
  left: Lettered,
  right: Lettered,
  wanted: Letters,
  sizes: ReadonlyMap<string, number>,
): Lettered {
  const a = summed(left, [...wanted, ...right.letters]);
  const b = summed(right, [...wanted, ...left.letters]);
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => wanted.includes(letter));
  const inner = shared.filter((letter) => !wanted.includes(letter));
  const rows = a.letters.filter((letter) => !shared.includes(letter));
  const columns = b.letters.filter((letter) => !shared.includes(letter));

  const size = (letters: Letters): number =>
    letters.reduce((product, letter) => product * sizes.get(letter)!, 1);
  const matrix = (operand: Lettered, own: Letters): Tensor =>
    reshape(ordered(operand, [...batch, ...own, ...inner]), [size(batch), size(own), size(inner)]);
  const [x, y] = [matrix(a, rows), matrix(b, columns)];
  const product =
    inner.length === 0
      ? mul(x, reshape(y, [size(batch), 1, size(columns)]))
      : matMul(x, y, false, true);
  const letters = [...batch, ...rows, ...columns];
  const shape = letters.map((letter) => sizes.get(letter)!);
  return { letters, value: reshape(product, shape) };
}

/** Sums over the axes whose letters are not in `wanted`. */
function summed({ value, letters }: Lettered, wanted: Letters): Lettered {
  const axes = letters.flatMap((letter, axis) => (wanted.includes(letter) ? [] : [axis]));
  if (axes.length === 0) return { value, letters };
  return { value: sum(value, axes), letters: letters.filter((letter) => wanted.includes(letter)) };
}

/** Transposes the axes to the order of these letters. */
function ordered({ value, letters }: Lettered, order: Letters): Tensor {
  if (letters.join() === order.join()) return value;
  return transpose(
    value,
    order.map((letter) => letters.indexOf(letter)),
  );
}

function parse(equation: string, count: number): { inputs: Letters[]; output: Letters } {
  const [left = '', right, ...rest] = equation.replaceAll(' ', '').split('->');
  const inputs = left.split(',').map((term) => Array.from(term));
  const output = Array.from(right ?? '');
  const valid =
    right !== undefined &&
    rest.length === 0 &&
    inputs.length === count &&
    [...inputs, output].every(isTerm) &&
    output.every((letter) => left.includes(letter));
  if (valid) return { inputs, output };
  throw new ConfigError('the equation is not of the form that einsum accepts', {
    where: 'einsum',
    expected: `${count} operands and a result, as "bnd,bmd->bnm", with each letter at most once in each`,
    got: equation,
    advice: 'Write the result out; each of its letters must occur in an operand.',
  });
}

function isTerm(letters: Letters): boolean {
  return (
    letters.every((letter) => /^[A-Za-z]$/.test(letter)) && new Set(letters).size === letters.length
  );
}

function sizesOf(
  equation: string,
  inputs: readonly Letters[],
  operands: readonly Tensor[],
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((letters, i) => {
    const { shape } = operands[i]!;
    const fits =
      shape.length === letters.length &&
      letters.every((letter, axis) => (sizes.get(letter) ?? shape[axis]) === shape[axis]);
    if (!fits) {
      throw new ShapeError(`operand ${i + 1} does not fit the equation`, {
        where: `einsum "${equation}"`,
        expected: showShape(letters.map((letter) => sizes.get(letter) ?? letter)),
        got: showShape(shape),
      });
    }
    letters.forEach((letter, axis) => sizes.set(letter, shape[axis]!));
  });
  return sizes;
}

import type { Node, Rule, Workshop } from '@crossweave/tfjs-backend-onnx/graph';

/** Elementwise operators on float32 nodes of one shape. */
function arithmetic(workshop: Workshop, shape: readonly number[]) {
  const of = (op: string, ...inputs: readonly Node[]): Node =>
    workshop.node(op, inputs, shape, 'float32');
  const test = (op: string, a: Node, b: Node): Node => workshop.node(op, [a, b], shape, 'bool');
  return { of, test };
}

/** The numbers 0 to count − 1. */
function range(workshop: Workshop, count: number): Node {
  const list = Array.from({ length: count }, (_, i) => i);
  const integers = workshop.node('@const', [], [count], 'int64', { value: list });
  return workshop.node('Cast', [integers], [count], 'float32', { to: 1 });
}

/**
 * The positions [N, to] of the pixels of crops among `from` pixels, for the corners `low` and `high`
 * of boxes [N, 1]. A single pixel lies in the middle of its box.
 */
function positions(workshop: Workshop, low: Node, high: Node, from: number, to: number): Node {
  const count = low.shape[0] as number;
  const column = arithmetic(workshop, [count, 1]);
  const last = workshop.scalar(from - 1);
  if (to === 1)
    return column.of(
      'Mul',
      column.of('Mul', workshop.scalar(0.5), column.of('Add', low, high)),
      last,
    );
  const scale = column.of(
    'Mul',
    column.of('Sub', high, low),
    workshop.scalar((from - 1) / (to - 1)),
  );
  const { of } = arithmetic(workshop, [count, to]);
  return of('Add', column.of('Mul', low, last), of('Mul', range(workshop, to), scale));
}

/**
 * `CropAndResize`, an operator of ONNX Runtime, by gathers of the four neighbours: x [B, C, H, W],
 * boxes [N, 4] as shares y1, x1, y2, x2, their pictures [N] to [N, C, h, w]. As in tfjs's cpu backend.
 */
export const cropping: Rule = (node, workshop) => {
  if (node.op !== 'CropAndResize') return null;
  const [x, boxes, pictures] = node.inputs as [Node, Node, Node];
  const [count, channels, height, width] = node.shape as [number, number, number, number];
  const [, , tall, wide] = x.shape as [number, number, number, number];
  const corner = (at: number): Node =>
    workshop.node('Slice', [boxes], [count, 1], 'float32', null, [[at], [at + 1], [1]]);
  const rows = positions(workshop, corner(0), corner(2), tall, height);
  const columns = positions(workshop, corner(1), corner(3), wide, width);
  const y = workshop.reshape(rows, [count, height, 1]);
  const across = workshop.reshape(columns, [count, 1, width]);

  const perm = [0, 2, 3, 1];
  const lastShape = perm.map((axis) => x.shape[axis] as number);
  const pixelsOf = workshop.node('Transpose', [x], lastShape, 'float32', { perm });
  const size = [count, height, width];
  const spread = (part: Node): Node => {
    const whole = workshop.node('Cast', [part], part.shape, 'int64', { to: 7 });
    return workshop.node(
      'Expand',
      [workshop.reshape(whole, [...whole.shape, 1])],
      [...size, 1],
      'int64',
      null,
      [[...size, 1]],
    );
  };
  const which = spread(workshop.reshape(pictures, [count, 1, 1]));
  /** Pixels [N, h, w, C] at whole positions, which may be outside: those are replaced later. */
  const pixels = (row: Node, column: Node): Node => {
    const within = (at: Node, length: number): Node => {
      const { of } = arithmetic(workshop, at.shape);
      return of('Min', workshop.scalar(length - 1), of('Max', workshop.scalar(0), at));
    };
    const places = [which, spread(within(row, tall)), spread(within(column, wide))];
    const indices = workshop.node('Concat', places, [...size, 3], 'int64', { axis: 3 });
    return workshop.node('GatherND', [pixelsOf, indices], [...size, channels], 'float32');
  };
  const mix = arithmetic(workshop, [...size, channels]);
  const between = (a: Node, b: Node, share: Node): Node =>
    mix.of(
      'Add',
      a,
      mix.of('Mul', mix.of('Sub', b, a), workshop.reshape(share, [...share.shape, 1])),
    );
  const own = (op: string, at: Node, ...rest: readonly Node[]): Node =>
    workshop.node(op, [at, ...rest], at.shape, 'float32');

  let picked: Node;
  if (node.attributes?.['mode'] === 'nearest') {
    // Halves are rounded up.
    const nearest = (at: Node): Node => own('Floor', own('Add', at, workshop.scalar(0.5)));
    picked = pixels(nearest(y), nearest(across));
  } else {
    const [top, bottom] = [own('Floor', y), own('Ceil', y)];
    const [near, far] = [own('Floor', across), own('Ceil', across)];
    const share = own('Sub', across, near);
    picked = between(
      between(pixels(top, near), pixels(top, far), share),
      between(pixels(bottom, near), pixels(bottom, far), share),
      own('Sub', y, top),
    );
  }
  const outside = (at: Node, length: number): Node => {
    const { test } = arithmetic(workshop, at.shape);
    const tests = [
      test('Less', at, workshop.scalar(0)),
      test('Less', workshop.scalar(length - 1), at),
    ];
    return workshop.node('Or', tests, at.shape, 'bool');
  };
  const beyond = workshop.node('Or', [outside(y, tall), outside(across, wide)], size, 'bool');
  const value = node.attributes?.['extrapolation_value'];
  const blank = workshop.scalar(typeof value === 'object' && 'f' in value ? value.f : 0);
  const masked = workshop.reshape(beyond, [...size, 1]);
  const result = workshop.node('Where', [masked, blank, picked], [...size, channels], 'float32');
  return workshop.node('Transpose', [result], node.shape, 'float32', { perm: [0, 3, 1, 2] });
};

import type { Operator } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { float } from './lowering';
import type { Emitter } from './emitter';
import { integers } from './emitter';
import { gather, refuseOutside } from './indexing';
import type { Value } from './value';

/** A column [N] of boxes [N, 4], which are y1, x1, y2, x2 as shares of the picture. */
function column(e: Emitter, boxes: Value, at: number): Value {
  const count = boxes.shape[0] as number;
  const cut = e.op('slice', [boxes], [count, 1], boxes.dtype, [
    `start_indices = ${integers([0, at])}`,
    `limit_indices = ${integers([count, at + 1])}`,
    'strides = array<i64: 1, 1>',
  ]);
  return e.reshape(cut, [count]);
}

/** Where [N, to] the pixels of the crops lie among `from` pixels, as tfjs's cpu backend has it. */
function positions(e: Emitter, low: Value, high: Value, from: number, to: number): Value {
  const shape = [low.shape[0] as number, to];
  const [first, last] = [e.along(low, [0], shape), e.along(high, [0], shape)];
  const most = e.fill(from - 1, shape, 'float32');
  const times = (a: Value, b: Value): Value => e.like('multiply', a, b);
  if (to === 1) {
    return times(times(e.fill(0.5, shape, 'float32'), e.like('add', first, last)), most);
  }
  const scale = times(
    e.like('subtract', last, first),
    e.fill((from - 1) / (to - 1), shape, 'float32'),
  );
  return e.like('add', times(first, most), times(e.iota(shape, 1, 'float32'), scale));
}

export const cropping = {
  /** x [B, C, H, W], boxes [N, 4], their pictures [N] to [N, C, h, w] */
  CropAndResize: (e, node, inputs) => {
    const [x, boxes, pictures] = inputs as readonly [Value, Value, Value];
    const [count, channels, height, width] = node.shape as [number, number, number, number];
    const [batch, , tall, wide] = x.shape as [number, number, number, number];
    refuseOutside(e, node, pictures, [batch]);
    const size = [count, height, width];
    const y = e.along(
      positions(e, column(e, boxes, 0), column(e, boxes, 2), tall, height),
      [0, 1],
      size,
    );
    const across = positions(e, column(e, boxes, 1), column(e, boxes, 3), wide, width);
    const left = e.along(across, [0, 2], size);
    const which = e.along(e.convert(pictures, 'int32'), [0], size);
    const zero = e.fill(0, size, 'float32');

    /** Pixels [N, h, w, C] at whole positions. */
    const pixels = (row: Value, across: Value): Value => {
      const coordinates = [which, e.convert(row, 'int32'), e.convert(across, 'int32')].map((each) =>
        e.reshape(each, [...size, 1]),
      );
      const places = e.op('concatenate', coordinates, [...size, 3], 'int32', [
        'dimension = 3 : i64',
      ]);
      return gather(e, x, places, [0, 2, 3], 3, [3], [...size, channels]);
    };
    const each = (value: Value): Value => e.along(value, [0, 1, 2], [...size, channels]);
    const between = (a: Value, b: Value, share: Value): Value =>
      e.like('add', a, e.like('multiply', e.like('subtract', b, a), each(share)));

    let picked: Value;
    if (node.attributes?.['mode'] === 'nearest') {
      picked = pixels(e.like('round_nearest_afz', y), e.like('round_nearest_afz', left));
    } else {
      const [top, bottom] = [e.like('floor', y), e.like('ceil', y)];
      const [near, far] = [e.like('floor', left), e.like('ceil', left)];
      const share = e.like('subtract', left, near);
      picked = between(
        between(pixels(top, near), pixels(top, far), share),
        between(pixels(bottom, near), pixels(bottom, far), share),
        e.like('subtract', y, top),
      );
    }
    const outside = (at: Value, length: number): Value =>
      e.like(
        'or',
        e.compare('LT', at, zero),
        e.compare('GT', at, e.fill(length - 1, size, 'float32')),
      );
    const beyond = each(e.like('or', outside(y, tall), outside(left, wide)));
    const blank = e.fill(float(node, 'extrapolation_value', 0), picked.shape, 'float32');
    return e.transpose(e.select(beyond, blank, picked), [0, 3, 1, 2]);
  },
} satisfies Partial<Record<Operator, Lowering>>;

import type { ResizeFilter } from '../filters';
import { clipNormalisation, type Preprocessing } from '../preprocessing';
import { imagenetNormalisation } from '../normalise';
import { FieldReader } from './fields';

const filters = ['bilinear', 'bicubic', 'lanczos'] as const satisfies readonly ResizeFilter[];

/** What the `pretrained_cfg` of a timm checkpoint's `config.json` asks for. */
export function fromTimm(config: Readonly<Record<string, unknown>>, where: string): Preprocessing {
  const read = new FieldReader(config, where);
  const input = read.raw('input_size') ?? [3, 224, 224];
  const [channels, ...sides] = Array.isArray(input) ? (input as unknown[]) : [];
  const size = new FieldReader({ input_size: sides }, where).size('input_size')?.sides;
  if (channels !== 3 || size === undefined) {
    throw read.refusal('the input is no square picture of three channels', {
      expected: '"input_size": [3, S, S]',
      got: input,
    });
  }
  const mode = read.text('crop_mode') ?? 'center';
  if (mode !== 'center' && mode !== 'squash') {
    throw read.refusal('the crop is not made here', {
      expected: '"crop_mode": "center" or "squash"',
      got: mode,
    });
  }
  const share = read.number('crop_pct') ?? 0.875;
  return {
    size,
    // timm's own order of rounding; a share of 1 cuts nothing off.
    resizeTo: Math.max(size, Math.floor(size / share)),
    resize: mode === 'squash' ? 'squash' : 'shortest-and-centre-crop',
    middle: 'rounded',
    filter: filterOf(read, 'bicubic'),
    normalise: {
      mean: read.triple('mean') ?? imagenetNormalisation.mean,
      std: read.triple('std') ?? imagenetNormalisation.std,
    },
  };
}

/** What an `open_clip_config.json` asks for; `size` stands among the model's settings there. */
export function fromOpenClip(
  config: Readonly<Record<string, unknown>>,
  imageSize: unknown,
  where: string,
): Preprocessing {
  const read = new FieldReader(config, where);
  const given = read.size('size') ?? new FieldReader({ size: imageSize }, where).size('size');
  const size = given?.number ?? given?.sides ?? read.lacking('size');
  const mode = read.text('resize_mode') ?? 'shortest';
  if (mode !== 'shortest' && mode !== 'squash') {
    throw read.refusal('the resize is not made here', {
      expected: '"resize_mode": "shortest" or "squash"',
      got: mode,
    });
  }
  return {
    size,
    resizeTo: size,
    resize: mode === 'squash' ? 'squash' : 'shortest-and-centre-crop',
    middle: 'rounded',
    filter: filterOf(read, 'bicubic'),
    normalise: {
      mean: read.triple('mean') ?? clipNormalisation.mean,
      std: read.triple('std') ?? clipNormalisation.std,
    },
  };
}

function filterOf(read: FieldReader, usual: ResizeFilter): ResizeFilter {
  const name = read.text('interpolation') ?? usual;
  const filter = filters.find((known) => known === name);
  if (filter !== undefined) return filter;
  throw read.refusal('the filter of resizing is not made here', {
    expected: filters.map((known) => `"${known}"`).join(', '),
    got: name,
  });
}

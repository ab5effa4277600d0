import { ConfigError } from '@crossweave/core';
import {
  timmConvNextKeys,
  timmDinov2Keys,
  timmResNetKeys,
  timmViTKeys,
} from '@crossweave/image-encoder';
import { checkpointPreprocessing } from '@crossweave/data';
import { readConfig, type ConfigReader } from '@crossweave/text-encoder';
import { wrapperPrefix, type JsonObject, type ModelFiles } from '../model-files';
import type { Description, Family, ImageDescription } from './description';

/** Shapes of the weights by timm's names. */
type Shapes = ModelFiles['shapes'];
/** The tower of an architecture; `match` is of its name, `args` are the arguments that it was made with. */
type Tower = (match: RegExpExecArray, args: ConfigReader, shapes: Shapes) => ImageDescription;

const sizes = '(tiny|small|base|large)';
const towers: readonly (readonly [RegExp, pool: string, Tower])[] = [
  [/^resnet(18|34|50|101|152)$/, 'avg', resNetTower],
  [new RegExp(`^vit_${sizes}_patch\\d+_\\d+$`), 'token', vitTower],
  [new RegExp(`^vit_${sizes}_patch14_dinov2$`), 'token', dinov2Tower],
  [/^convnext_(tiny|small|base|large|xlarge)$/, 'avg', convNextTower],
];

/**
 * timm's own layout: `config.json` with `architecture` and `pretrained_cfg`. Sizes are those of the weights,
 * since the architecture's name alone stands for them.
 */
export const timm: Family = {
  reads:
    '"architecture" of timm: resnet50, vit_base_patch16_224, vit_base_patch14_dinov2, convnext_tiny',
  describe: (files) => {
    const { config } = files;
    if (config?.['pretrained_cfg'] === undefined || config['architecture'] === undefined) {
      return Promise.resolve(undefined);
    }
    return Promise.resolve(describeTimm(files, config));
  },
};

/** Arguments that the shapes of the weights tell, and those of the classifier or of training alone. */
const passedOver = [
  ...['embed_dim', 'depth', 'depths', 'dims', 'layers', 'channels', 'img_size', 'patch_size'],
  ...['mlp_ratio', 'num_classes', 'drop_rate', 'drop_path_rate'],
];

function describeTimm({ folder, shapes, tensors }: ModelFiles, config: JsonObject): Description {
  const where = `${folder}/config.json`;
  const architecture = String(config['architecture']);
  for (const [pattern, pool, tower] of towers) {
    const match = pattern.exec(architecture);
    if (match === null) continue;
    const top = readConfig(where, { global_pool: config['global_pool'] ?? pool });
    top.only('global_pool', pool);
    const args = readConfig(`${where}: "model_args"`, (config['model_args'] ?? {}) as JsonObject);
    for (const name of passedOver) args.raw(name);
    args.only('in_chans', 3);
    args.only('global_pool', pool);
    const image = tower(match, args, withoutPrefix(shapes, wrapperPrefix(tensors)));
    args.finish();
    return {
      family: 'timm',
      image: { ...image, preprocessing: checkpointPreprocessing(config, where) },
    };
  }
  throw new ConfigError('this architecture of timm is not supported', {
    where: `${where}: "architecture"`,
    expected:
      'resnet18 to resnet152, vit_SIZE_patchP_S, vit_SIZE_patch14_dinov2 or convnext_SIZE, as timm names them',
    got: architecture,
  });
}

const headsOf = { tiny: 3, small: 6, base: 12, large: 16 } as const;

/** timm's `VisionTransformer` with a class token, without layer scale. */
function vitTower(match: RegExpExecArray, args: ConfigReader, shapes: Shapes): ImageDescription {
  const patch = shapeOf(shapes, 'patch_embed.proj.weight', 4);
  const positions = shapeOf(shapes, 'pos_embed', 3)[1]!;
  const hidden = shapeOf(shapes, 'blocks.0.mlp.fc1.weight', 2)[0]!;
  const imageSize = Math.sqrt(positions - 1) * patch[3]!;
  const options = {
    ...{ imageSize, patchSize: patch[3]!, dim: patch[0]!, hidden },
    layers: entries(shapes, /^blocks\.(\d+)\.norm1\.weight$/).length,
    heads: args.number('num_heads', headsOf[match[1] as keyof typeof headsOf]),
    epsilon: 1e-6,
  };
  return { part: { name: 'vit', options }, keys: timmViTKeys, positionSize: imageSize };
}

function dinov2Tower(match: RegExpExecArray, args: ConfigReader, shapes: Shapes): ImageDescription {
  const { part, positionSize } = vitTower(match, args, shapes);
  // The factors of its residuals are among the weights; the argument says where they began.
  args.raw('init_values');
  const options = { ...part.options, registers: 0, positionSize };
  return { part: { name: 'dinov2', options }, keys: timmDinov2Keys, positionSize: positionSize! };
}

function resNetTower(_: RegExpExecArray, __: ConfigReader, shapes: Shapes): ImageDescription {
  const stages = entries(shapes, /^layer(\d+)\.0\.conv1\.weight$/);
  const options = {
    block: 'layer1.0.conv3.weight' in shapes ? 'bottleneck' : 'basic',
    layers: stages.map(
      (stage) => entries(shapes, new RegExp(`^layer${stage}\\.(\\d+)\\.conv1\\.weight$`)).length,
    ),
    widths: stages.map((stage) => shapeOf(shapes, `layer${stage}.0.conv1.weight`, 4)[0]!),
    stemWidth: shapeOf(shapes, 'conv1.weight', 4)[0]!,
  };
  return { part: { name: 'resnet', options }, keys: timmResNetKeys };
}

function convNextTower(_: RegExpExecArray, __: ConfigReader, shapes: Shapes): ImageDescription {
  const stages = entries(shapes, /^stages\.(\d+)\.blocks\.0\.norm\.weight$/);
  const options = {
    layers: stages.map(
      (stage) =>
        entries(shapes, new RegExp(`^stages\\.${stage}\\.blocks\\.(\\d+)\\.norm\\.weight$`)).length,
    ),
    widths: stages.map((stage) => shapeOf(shapes, `stages.${stage}.blocks.0.norm.weight`, 1)[0]!),
    patchSize: shapeOf(shapes, 'stem.0.weight', 4)[3]!,
    epsilon: 1e-6,
  };
  return { part: { name: 'convnext', options }, keys: timmConvNextKeys };
}

/** The numbers that a pattern finds in the names, in order. */
function entries(shapes: Shapes, pattern: RegExp): string[] {
  return Object.keys(shapes)
    .flatMap((path) => pattern.exec(path)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b));
}

/** @throws ConfigError when the weight is not there, or has another number of axes. */
function shapeOf(shapes: Shapes, path: string, axes: number): readonly number[] {
  const shape = shapes[path];
  if (shape?.length === axes) return shape;
  throw new ConfigError('the weights are not those of the architecture', {
    where: path,
    expected: `a tensor with ${axes} axes`,
    got: shape ?? 'none',
  });
}

function withoutPrefix(shapes: Shapes, prefix: string): Shapes {
  return Object.fromEntries(
    Object.entries(shapes).map(([path, shape]) => [path.slice(prefix.length), shape]),
  );
}

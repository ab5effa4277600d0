import { ConfigError, disposeParams, mergeParams, withPrefix, type Params } from '@crossweave/core';
import {
  boolean,
  checkOptions,
  count,
  requireText,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import type { KeyMap } from '@crossweave/checkpoints';
import { preprocessingCheck } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { adapterIn, addAdapter, type AdaptedPart } from './adapter';
import { loadTower } from './load-tower';
import { loadFusion } from './load-fusion';
import { loadSaved } from '../saved/load-saved';
import { savedFolder } from '../saved/format';
import { describeCheckpoint } from './families';
import type { Description } from './families/description';
import { imageOf } from './image-tower';
import { modelFiles, wrapperPrefix } from './model-files';
import { textOf } from './text-tower';
import type { Pretrained, PretrainedOptions } from './types';

export const pretrainedChecks: Checks<PretrainedOptions> = {
  revision: text(),
  cacheFolder: text(),
  download: boolean(),
  endpoint: text(),
  imageSize: count(),
  maxTokens: count(),
  preprocessing: preprocessingCheck,
  tokenizer: text(),
};

/**
 * A pre-trained model with all that it was trained with: towers, tokenizer, preprocessing,
 * projections, scale and bias, and the weights.
 *
 * ```ts
 * using clip = await pretrained('openai/clip-vit-base-patch32', { download: true });
 * const data = await loadPairs({ captions: 'shoes.jsonl', ...jointInputs(clip) });
 * const model = jointModel(jointParts(clip));
 * await train({ model, initial: clip.params, … });
 * ```
 *
 * `from` is a folder, the id of a model of Hugging Face's hub that lies in a cache of the
 * transformers libraries (or is fetched with `download`), or the folder of a run of crossweave.
 * CLIP, MetaCLIP 2, SigLIP and SigLIP 2, open_clip's ViTs; and towers alone: ResNet, ViT, DINOv2 and 3,
 * ConvNeXt, MobileCLIP (S1, S2), BERT and its relatives, sentence-transformers. A folder with an `adapter_config.json` (PEFT)
 * is the model that it names, with the adapter added to its weights.
 *
 * @throws DataError when it is not there, with how to get it; FileFormatError when a file is damaged
 *   or a pickle; ConfigError when it is of no known kind, or what belongs together does not fit, with
 *   both sides named; StateDictError when the weights are not those of the config.
 */
export async function pretrained(
  from: string,
  options: PretrainedOptions = {},
): Promise<Pretrained> {
  const where = 'pretrained';
  requireText(where, 'from', from);
  checkOptions(where, options, pretrainedChecks);
  const own = savedFolder(from);
  if (own !== undefined) return loadSaved(from, own, options);
  const found = await modelFiles(from, options);
  const adapter = await adapterIn(found);
  const files = adapter === undefined ? found : await modelFiles(adapter.base, options);
  const description = await describeCheckpoint(files);
  const image = description.image && imageOf(files, description.image, options);
  const textTower = description.text && (await textOf(files, description.text, options));
  refuseUseless(from, options, { image, text: textTower });
  const source = { path: files.weights, prefix: wrapperPrefix(files.tensors) };
  const loaded: Params[] = [];
  try {
    if (image !== undefined) {
      const params = await loadTower(source, description.image!, image.encoder);
      loaded.push(withPrefix('image.', params));
    }
    if (textTower !== undefined) {
      const params = await loadTower(source, description.text!, textTower.encoder);
      loaded.push(withPrefix('text.', params));
    }
    const fused = description.fusion && (await loadFusion(source, description.fusion));
    if (fused !== undefined) loaded.push(withPrefix('fusion.', fused.params));
    const whole = mergeParams(...loaded);
    const params =
      adapter === undefined ? whole : await addAdapter(adapter, partsOf(description), whole);
    return {
      name: from,
      family: description.family,
      ...(image && { image: image.tower }),
      ...(textTower && { text: textTower }),
      ...(fused && {
        fusion: { part: fused.part, fusion: createFusion(fused.part.name, fused.part.options) },
      }),
      params,
      notes: [...(image?.notes ?? []), ...(description.notes ?? [])],
      [Symbol.dispose]: () => disposeParams(params),
    };
  } catch (error) {
    loaded.forEach(disposeParams);
    throw error;
  }
}

function partsOf({ image, text: ofText, fusion }: Description): AdaptedPart[] {
  const part = (prefix: string, described: { readonly keys: KeyMap } | undefined): AdaptedPart[] =>
    described === undefined ? [] : [{ prefix, keys: described.keys }];
  return [...part('image.', image), ...part('text.', ofText), ...part('fusion.', fusion)];
}

/** An option for a tower that the checkpoint lacks would be passed over without a word. */
function refuseUseless(
  where: string,
  options: PretrainedOptions,
  towers: { readonly image: unknown; readonly text: unknown },
): void {
  const ofTower = {
    imageSize: 'image',
    preprocessing: 'image',
    maxTokens: 'text',
    tokenizer: 'text',
  } as const;
  for (const [option, tower] of Object.entries(ofTower)) {
    if (options[option as keyof typeof ofTower] === undefined || towers[tower] !== undefined)
      continue;
    throw new ConfigError(`"${option}" is of no use: the checkpoint has no ${tower} tower`, {
      where,
    });
  }
}

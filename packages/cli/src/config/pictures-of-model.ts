import { isDeepStrictEqual } from 'node:util';
import type { Pretrained } from '@crossweave/models';
import { normalisations } from './normalisations';
import { rawOf } from './raw';

/** How pictures are prepared, besides their size. */
const keys = ['resize', 'resizeTo', 'filter', 'normalise'] as const;

/**
 * What is to be said where a config prepares pictures otherwise than the checkpoint whose image tower it
 * takes: the tower then sees other numbers than those it was trained on.
 *
 * @param config not checked yet, as it was given.
 */
export function picturesOtherwise(config: unknown, model: Pretrained): readonly string[] {
  const { data, image } = rawOf(config);
  const trained: Readonly<Record<string, unknown>> = { ...model.image?.preprocessing };
  if (model.image === undefined || rawOf(image)['name'] !== undefined) return [];
  return keys.flatMap((key) => {
    const given = rawOf(data)[key];
    if (given === undefined || isDeepStrictEqual(valueOf(given), trained[key])) return [];
    return `data.${key} is ${JSON.stringify(given)}, and ${model.name} was trained with ${JSON.stringify(trained[key])}: its image tower sees other numbers than it knows. Leave data.${key} out to prepare pictures as it does.`;
  });
}

/** A normalisation by its numbers. */
function valueOf(given: unknown): unknown {
  return typeof given === 'string' && Object.hasOwn(normalisations, given)
    ? normalisations[given as keyof typeof normalisations]
    : given;
}

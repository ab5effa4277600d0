import {
  ConfigError,
  foldIn,
  randomInteger,
  uniformArray,
  type Key,
  type Label,
} from '@crossweave/core';
import {
  count,
  fields,
  listOf,
  number,
  share,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import type { PictureChange } from '../image/augment';
import {
  amountOf,
  colourOperations,
  geometricOperations,
  mostMagnitude,
  type Operation,
} from '../image/rand-augment';
import { mirroredText, saysColour, saysSide, withoutWords } from './caption-words';
import { drawSynonyms, synonymsCheck } from './synonyms';

/**
 * How pairs are changed from epoch to epoch so that picture and text stay true of one another. All
 * of it is drawn by (key, epoch, sample id): the same whatever the order, and after a resume. What is
 * left out is not done.
 */
export interface Augmentation {
  /**
   * Share of the pictures that are mirrored. "left" and "right" (and the like) change places in the
   * caption and its negatives. A picture whose label says a side is not mirrored.
   */
  readonly flip?: number | undefined;
  /**
   * A part of the decoded picture becomes the whole: its share of the area and its ratio of width to
   * height are drawn between these bounds (torchvision's `RandomResizedCrop`; ratio default
   * [3/4, 4/3]). Small parts may lose what the caption says.
   */
  readonly crop?:
    | {
        readonly area: readonly [number, number];
        readonly ratio?: readonly [number, number] | undefined;
      }
    | undefined;
  /**
   * Colours change by up to these amounts (torchvision's `ColorJitter`), but not where the caption or
   * its negatives name colours. `hue` is in turns, at most 0.5.
   */
  readonly colour?:
    | {
        readonly brightness?: number | undefined;
        readonly contrast?: number | undefined;
        readonly saturation?: number | undefined;
        readonly hue?: number | undefined;
      }
    | undefined;
  /** Share of the pictures that lose their colours; not where the caption names colours. */
  readonly grayscale?: number | undefined;
  /** A Gaussian of a standard deviation between these, in pixels, over a share of the pictures. */
  readonly blur?: { readonly share: number; readonly sigma: readonly [number, number] } | undefined;
  /**
   * So many changes of each picture, drawn as torchvision's `RandAugment` draws them, of a magnitude
   * in [0, 30] (default 9). Where the caption or its negatives name colours, only shears, moves,
   * turns and sharpness are drawn.
   */
  readonly randAugment?:
    { readonly operations: number; readonly magnitude?: number | undefined } | undefined;
  /**
   * Lists of words that mean the same. Of each list, with this share, one word is drawn that takes the
   * place of all others in caption and negatives. No list may hold words of sides or colours.
   */
  readonly synonyms?:
    { readonly share: number; readonly words: readonly (readonly string[])[] } | undefined;
  /** Share of a caption's words that are left out. */
  readonly wordDrop?: number | undefined;
}

const amount = share();
const positive = number({ above: 0, max: 1000 });

const augmentationChecks: Checks<Augmentation> = {
  flip: amount,
  crop: fields(
    {
      area: listOf(number({ above: 0, max: 1 }), { length: 2 }),
      ratio: listOf(positive, { length: 2 }),
    },
    ['area'],
  ),
  colour: fields({
    brightness: amount,
    contrast: amount,
    saturation: amount,
    hue: number({ min: 0, max: 0.5 }),
  }),
  grayscale: amount,
  blur: fields({ share: amount, sigma: listOf(positive, { length: 2 }) }, ['share', 'sigma']),
  randAugment: fields(
    {
      operations: count(),
      magnitude: number({ integer: true, min: 0, max: mostMagnitude }),
    },
    ['operations'],
  ),
  synonyms: fields({ share: amount, words: synonymsCheck }, ['share', 'words']),
  wordDrop: number({ min: 0, below: 1 }),
};

export const augmentationCheck: Check = fields(augmentationChecks);

/** @throws ConfigError for bounds of which the first is the larger */
export function requireBounds(where: string, { crop, blur }: Augmentation): void {
  const bounds = { 'crop.area': crop?.area, 'crop.ratio': crop?.ratio, 'blur.sigma': blur?.sigma };
  for (const [name, pair] of Object.entries(bounds)) {
    if (pair === undefined || pair[0] <= pair[1]) continue;
    throw new ConfigError(`"augment.${name}" has its bounds in the wrong order`, {
      where,
      expected: 'the lower bound first',
      got: pair,
    });
  }
}

/** Whether pictures change, and not texts alone. */
export function changesPictures(augmentation: Augmentation): boolean {
  return Object.entries(augmentation).some(
    ([name, value]) => name !== 'wordDrop' && name !== 'synonyms' && value !== undefined,
  );
}

/** A pair as it was drawn. */
export interface DrawnPair {
  readonly caption: string;
  readonly negatives: readonly string[];
  /** What the image is known to be. */
  readonly label?: Label | undefined;
}

/** A pair as it is shown. */
export interface AugmentedPair {
  readonly change: PictureChange;
  /** What the picture shows, every word of it: by this, texts are the same or not. */
  readonly meaning: string;
  /** The same, maybe in other words and without some. */
  readonly caption: string;
  readonly negatives: readonly string[];
  readonly label: Label | undefined;
}

/** Draws the changes of one pair. */
export function augmentPair(
  { caption, negatives, label }: DrawnPair,
  {
    flip = 0,
    crop,
    randAugment,
    colour,
    grayscale = 0,
    blur,
    synonyms,
    wordDrop = 0,
  }: Augmentation,
  key: Key,
): AugmentedPair {
  const draw = (name: string): number => uniformArray(foldIn(key, name), 1)[0]!;
  const flips = flip > 0 && draw('flip') < flip && !labelSaysSide(label);
  const colourful = [caption, ...negatives].some(saysColour);
  const change: PictureChange = {
    ...(crop && { crop: drawCrop(crop, foldIn(key, 'crop')) }),
    ...(flips && { flip: true }),
    ...(randAugment && { operations: drawOperations(randAugment, colourful, foldIn(key, 'rand')) }),
    ...(colour && !colourful && { colour: drawColour(colour, draw) }),
    ...(grayscale > 0 && !colourful && draw('grayscale') < grayscale && { grayscale: true }),
    ...(blur && draw('blur') < blur.share && { blur: within(blur.sigma, draw('sigma')) }),
  };
  const meaning = flips ? mirroredText(caption) : caption;
  const drop = (count: number): boolean[] =>
    Array.from(uniformArray(foldIn(key, 'words'), count), (value) => value < wordDrop);
  const worded = drawSynonyms(synonyms, foldIn(key, 'synonyms'));
  const shown = worded(meaning);
  return {
    change,
    meaning,
    caption: wordDrop > 0 ? withoutWords(shown, drop) : shown,
    negatives: negatives.map((each) => worded(flips ? mirroredText(each) : each)),
    label,
  };
}

function drawOperations(
  { operations, magnitude = 9 }: NonNullable<Augmentation['randAugment']>,
  colourful: boolean,
  key: Key,
): Operation[] {
  const names = [...geometricOperations, ...(colourful ? [] : colourOperations)];
  return Array.from({ length: operations }, (_, i) => {
    const own = foldIn(key, i);
    const name = names[randomInteger(foldIn(own, 'name'), names.length)]!;
    const sign = randomInteger(foldIn(own, 'sign'), 2) === 0 ? 1 : -1;
    return { name, amount: amountOf(name, magnitude, sign) };
  });
}

function labelSaysSide(label: Label | undefined): boolean {
  const labels: unknown[] = Array.isArray(label) ? label : [label];
  return labels.some((each) => typeof each === 'string' && saysSide(each));
}

function drawColour(
  { brightness = 0, contrast = 0, saturation = 0, hue = 0 }: NonNullable<Augmentation['colour']>,
  draw: (name: string) => number,
): Required<PictureChange>['colour'] {
  const around = (centre: number, reach: number, name: string): number =>
    centre + reach * (2 * draw(name) - 1);
  return {
    brightness: around(1, brightness, 'brightness'),
    contrast: around(1, contrast, 'contrast'),
    saturation: around(1, saturation, 'saturation'),
    hue: around(0, hue, 'hue'),
  };
}

const tries = 10;

function drawCrop(
  { area, ratio = [3 / 4, 4 / 3] }: NonNullable<Augmentation['crop']>,
  key: Key,
): Required<PictureChange>['crop'] {
  for (let i = 0; i < tries; i++) {
    const [a, r, x, y] = uniformArray(foldIn(key, i), 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const logRatio = within([Math.log(ratio[0]), Math.log(ratio[1])], r);
    const width = Math.sqrt(within(area, a) * Math.exp(logRatio));
    const height = Math.sqrt(within(area, a) / Math.exp(logRatio));
    if (width <= 1 && height <= 1) {
      return { left: x * (1 - width), top: y * (1 - height), width, height };
    }
  }
  return { left: 0, top: 0, width: 1, height: 1 };
}

function within([low, high]: readonly [number, number], share: number): number {
  return low + (high - low) * share;
}

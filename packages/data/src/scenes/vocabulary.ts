/** Colour words and how they are drawn; far apart in hue so that JPEG and jitter cannot confuse them. */
export const colours = {
  red: '#d62728',
  green: '#2ca02c',
  blue: '#1f5fd0',
  yellow: '#f2c80f',
  purple: '#8e35b5',
  black: '#202020',
} as const;

export const shapes = ['circle', 'square', 'triangle', 'star', 'cross', 'heart'] as const;

export const textures = ['solid', 'striped', 'dotted'] as const;

export type Colour = keyof typeof colours;
export type Shape = (typeof shapes)[number];
export type Texture = (typeof textures)[number];

export const colourNames = Object.keys(colours) as readonly Colour[];

/** What a caption can say of one object. */
export interface SceneObject {
  readonly colour: Colour;
  readonly texture: Texture;
  readonly shape: Shape;
}

/**
 * What a caption can say of a picture: two objects that differ in colour, in
 * texture and in shape, `first` left of `second` (horizontal) or above it
 * (vertical). Because all three attributes differ, exchanging any one of them
 * between the objects, or the objects themselves, always gives another meaning.
 */
export interface Meaning {
  readonly axis: 'horizontal' | 'vertical';
  readonly first: SceneObject;
  readonly second: SceneObject;
}

/** Centre and radius in units of the picture's side, rotation in degrees. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly rotation: number;
}

/** A meaning and one way to draw it: what no caption mentions. */
export interface Scene extends Meaning {
  /** Of `first` and of `second`. */
  readonly places: readonly [Placement, Placement];
  /** Red, green and blue of the plain background, 0–255. */
  readonly background: readonly [number, number, number];
}

/** Every pair of objects in every arrangement: 10,800 meanings, in a fixed order. */
export function allMeanings(): Meaning[] {
  const objects = colourNames.flatMap((colour) =>
    textures.flatMap((texture) => shapes.map((shape) => ({ colour, texture, shape }))),
  );
  return objects.flatMap((first) =>
    objects
      .filter((second) => differInAll(first, second))
      .flatMap((second) => [
        { axis: 'horizontal' as const, first, second },
        { axis: 'vertical' as const, first, second },
      ]),
  );
}

function differInAll(a: SceneObject, b: SceneObject): boolean {
  return a.colour !== b.colour && a.texture !== b.texture && a.shape !== b.shape;
}

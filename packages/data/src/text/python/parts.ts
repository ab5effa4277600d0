import { DataError } from '@crossweave/core';

/** A part of `tokenizer.json`: a normalizer, a model, a pattern… */
export type Part = Readonly<Record<string, unknown>>;

/** Makes the error for what is not read here. */
export type Refuse = (what: string, got: unknown) => DataError;

export function refusal(where: string): Refuse {
  return (what, got) =>
    new DataError(`the tokenizer has ${what}, which is not read here`, {
      where,
      expected: 'parts of tokenizer.json that give the ids of the library of Python',
      got: typeof got === 'string' ? got : JSON.stringify(got),
      advice: 'If its files are damaged, copy them again; else take a tokenizer without it.',
    });
}

export function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parts of a sequence, or none. */
export function partsOf(value: unknown, refuse: Refuse): Part[] {
  if (Array.isArray(value) && value.every(isPart)) return value;
  throw refuse('a sequence without parts', value ?? 'nothing');
}

export function textOf(part: Part, name: string, refuse: Refuse): string {
  const value = part[name];
  if (typeof value === 'string') return value;
  throw refuse(`a ${String(part['type'])} without "${name}"`, value ?? 'nothing');
}

/** A piece of a text on its way to tokens. */
export interface Piece {
  readonly text: string;
  /** Whether its first letter is the first letter of the whole text. */
  readonly first: boolean;
}

import type { TextInput } from '@crossweave/core';
import { factsOfIds, padIds, withSpecialIds, type TextFacts } from '../text/encode';
import type { Tokenizer } from '../text/tokenizer';

/** Texts whose ids are kept; captions come back every epoch. */
const keptIds = 200_000;

/** The texts of a dataset as token ids, each tokenised once. */
export class Texts {
  readonly tokenizer: Tokenizer;
  readonly maxTokens: number;
  readonly #facts = new Map<string, TextFacts>();
  readonly #ids = new Map<string, Int32Array>();

  readonly #kept: number;

  /** @param kept texts whose ids are kept at most */
  constructor(tokenizer: Tokenizer, maxTokens: number, kept = keptIds) {
    this.#kept = kept;
    this.tokenizer = tokenizer;
    this.maxTokens = maxTokens;
  }

  /** Facts of a text of the dataset, which are kept. */
  remember(text: string): TextFacts {
    const known = this.#facts.get(text);
    if (known !== undefined) return known;
    const facts = this.#tokenise(text);
    this.#facts.set(text, facts);
    return facts;
  }

  identity(text: string): string {
    return (this.#facts.get(text) ?? this.#tokenise(text)).identity;
  }

  /** Whether its end is lost at `maxTokens`. */
  isCut({ tokens }: TextFacts): boolean {
    return this.length(tokens) > this.maxTokens;
  }

  /** Tokens with the special ones around them. */
  length(tokens: number): number {
    return tokens + this.tokenizer.prefix.length + this.tokenizer.suffix.length;
  }

  /** @returns [texts, maxTokens] int32 ids and mask, owned by the caller */
  encode(texts: readonly string[]): TextInput {
    const rows = texts.map((text) => this.#idsOf(text));
    return padIds(rows, this.maxTokens, this.tokenizer.padId);
  }

  #idsOf(text: string): Int32Array {
    return (
      this.#ids.get(text) ??
      this.#keep(text, withSpecialIds(this.tokenizer.encode(text), this.tokenizer, this.maxTokens))
    );
  }

  #tokenise(text: string): TextFacts {
    const ids = this.tokenizer.encode(text);
    this.#keep(text, withSpecialIds(ids, this.tokenizer, this.maxTokens));
    return factsOfIds(ids, this.tokenizer);
  }

  #keep(text: string, ids: Int32Array): Int32Array {
    if (this.#ids.size < this.#kept) this.#ids.set(text, ids);
    return ids;
  }
}

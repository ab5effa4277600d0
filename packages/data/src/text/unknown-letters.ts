/** What is changed here of a model of the package. */
interface WordModel {
  fuse_unk: boolean;
  encode: (words: string[]) => string[];
  readonly unk_token: string | undefined;
  readonly tokens_to_ids: ReadonlyMap<string, number>;
}

/**
 * Makes a model join unknown letters within words alone: the package joins the last of a word with
 * the first of the next, too. And where a Unigram model spells unknown letters by bytes, so is done.
 *
 * @param model of the package's tokenizer
 * @param settings the model as `tokenizer.json` has it
 */
export function joinWithinWords(model: object, settings: object): void {
  const own = model as WordModel;
  const { type, byte_fallback: spells } = settings as Readonly<Record<string, unknown>>;
  if (!own.fuse_unk || own.unk_token === undefined) return;
  const unknown = own.unk_token;
  const isUnknown = (token: string): boolean => !own.tokens_to_ids.has(token) || token === unknown;
  const encode = own.encode.bind(own);
  own.fuse_unk = false;
  own.encode = (words) =>
    words.flatMap((word) =>
      encode([word]).flatMap((token, at, tokens) => {
        if (!isUnknown(token)) return token;
        const bytes = type === 'Unigram' && spells === true ? bytesOf(token) : [];
        if (bytes.length > 0 && bytes.every((byte) => own.tokens_to_ids.has(byte))) return bytes;
        return at > 0 && isUnknown(tokens[at - 1]!) ? [] : unknown;
      }),
    );
}

function bytesOf(token: string): string[] {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');
  return Array.from(Buffer.from(token), (byte) => `<0x${hex(byte)}>`);
}

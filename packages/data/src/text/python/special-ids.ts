import { isPart, partsOf, type Part, type Refuse } from './parts';

/** Ids before and after those of a text. */
export interface SpecialIds {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * The special tokens that a post-processor of `tokenizer.json` puts around one text.
 *
 * @throws DataError for one that is not read here
 */
export function specialIdsOf(processor: unknown, refuse: Refuse): SpecialIds {
  if (processor === null || processor === undefined) return { before: [], after: [] };
  const part = isPart(processor) ? processor : {};
  switch (part['type']) {
    case 'ByteLevel':
      return { before: [], after: [] };
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { before: [idIn(part, 'cls', refuse)], after: [idIn(part, 'sep', refuse)] };
    case 'TemplateProcessing':
      return template(part, refuse);
    case 'Sequence':
      return partsOf(part['processors'], refuse)
        .map((each) => specialIdsOf(each, refuse))
        .reduce((inner, outer) => ({
          before: [...outer.before, ...inner.before],
          after: [...inner.after, ...outer.after],
        }));
    default:
      throw refuse('an unknown post-processor', processor);
  }
}

/** Of `[token, id]`. */
function idIn(part: Part, name: string, refuse: Refuse): number {
  const id: unknown = Array.isArray(part[name]) ? part[name][1] : undefined;
  if (typeof id === 'number') return id;
  throw refuse('a special token without an id', part);
}

function template({ single, special_tokens: tokens }: Part, refuse: Refuse): SpecialIds {
  const [before, after]: [number[], number[]] = [[], []];
  let texts = 0;
  for (const piece of partsOf(single, refuse)) {
    const { SpecialToken: special, Sequence: text } = piece;
    if (isPart(text) && text['id'] === 'A') {
      texts++;
      continue;
    }
    const name = isPart(special) ? special['id'] : undefined;
    const token = isPart(tokens) ? tokens[String(name)] : undefined;
    const ids = isPart(token) ? token['ids'] : undefined;
    if (!Array.isArray(ids)) throw refuse('a special token without an id', piece);
    (texts === 0 ? before : after).push(...(ids as number[]));
  }
  if (texts !== 1) throw refuse('a template that has its text not just once', single);
  return { before, after };
}

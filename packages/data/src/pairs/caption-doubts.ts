import { DataError } from '@crossweave/core';
import type { CaptionRecord } from '../records/record';
import { excerpt } from '../records/excerpt';
import { counted } from './wording';

/** What programs write where a text is missing. */
const missing = /^(?:nan|none|null|nil|undefined|n\/?a|#n\/a|<na>)$/i;

/** UTF-8 that was read as windows-1252 or ISO 8859-1 and saved so: `Ã©` for `é`, `â€™` for `’`. */
const misread = /[ÂÃ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€/;

const markup =
  /&(?:amp|quot|apos|lt|gt|nbsp|#\d+|#x[\da-f]+);|<\/?(?:a|b|br|div|em|i|p|span|strong)(?:\s[^<>]*)?\/?>/i;

const kinds = [
  {
    is: (text: string) => missing.test(text),
    what: 'a missing text',
    advice: 'Remove these rows, or write their captions.',
  },
  {
    is: (text: string) => text.includes('\ufffd') || misread.test(text),
    what: 'text that was once read in a wrong encoding',
    advice: 'Write the file anew from where it came from: the characters are in the file itself.',
  },
  {
    is: (text: string) => markup.test(text),
    what: 'text with markup of web pages, which a tokenizer takes for words',
    advice: 'Take the markup out of them.',
  },
] as const;

/** Counts captions that can be read and are hardly what was meant. */
export class CaptionDoubts {
  readonly #found = kinds.map(() => ({ captions: 0, example: '' }));

  add({ captions }: CaptionRecord, where: string): void {
    for (const caption of captions) {
      kinds.forEach(({ is }, at) => {
        if (!is(caption)) return;
        const found = this.#found[at]!;
        if (found.captions++ === 0) found.example = `${excerpt(caption)} (${where})`;
      });
    }
  }

  doubts(where: string): DataError[] {
    return kinds.flatMap(({ what, advice }, at) => {
      const { captions, example } = this.#found[at]!;
      if (captions === 0) return [];
      const subject = `${counted(captions, 'caption')} ${captions === 1 ? 'looks' : 'look'} like`;
      const got = captions === 1 ? example : `${example}, for one`;
      return [new DataError(`${subject} ${what}`, { where, got, advice })];
    });
  }
}

import { isUtf8 } from 'node:buffer';
import { DataError } from '@crossweave/core';

/** One element of a list in a JSON object. */
export interface JsonElement {
  /** The key of the list. */
  readonly key: string;
  /** 0-based place in the list. */
  readonly index: number;
  readonly text: string;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const opening = new Set([0x7b, 0x5b]);
const closing = new Set([0x7d, 0x5d]);
const blank = new Set([0x20, 0x09, 0x0a, 0x0d]);
const list = 0x5b;

/**
 * The elements of the lists that are values of a JSON object, `{"images": [{…}, …], …}`, each as its
 * own text: files of any size are read without being held. Elements are not parsed here.
 *
 * @throws DataError when the text is no JSON object, has a key twice, is not UTF-8, or ends early
 */
export async function* jsonElements(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<JsonElement> {
  let depth = 0;
  let [inString, escaped, started] = [false, false, false];
  let key = '';
  const keys = new Set<string>();
  let inList = false;
  let index = 0;
  /** Bytes of the element, or of the key, that began in an earlier chunk. */
  let before: Buffer[] = [];
  let skip = 3;
  const failure = (got: string): DataError =>
    new DataError('the file is no whole JSON object', {
      where: file,
      expected: 'an object with lists, such as {"images": […], "annotations": […]}',
      got,
      advice: 'Get the file anew; a list of records goes into JSON lines, one record a line.',
    });
  const foreign = (got: string): DataError =>
    new DataError('the file is not UTF-8', {
      where: file,
      expected: 'JSON in UTF-8',
      got,
      advice: 'Save it as UTF-8.',
    });
  const repeated = (name: string): DataError =>
    new DataError(`the file has the key "${name}" twice`, {
      where: file,
      expected: 'each key once',
      got: `${JSON.stringify(name)} again`,
      advice: 'Join the two lists, or remove the one that is wrong.',
    });
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (!started && /^(?:\xff\xfe|\xfe\xff)/.test(bytes.toString('latin1', 0, 2))) {
      throw foreign('the byte order mark of UTF-16');
    }
    let from = 0;
    const taken = (to: number): string => {
      const text = Buffer.concat([...before, bytes.subarray(from, to)]);
      before = [];
      if (!isUtf8(text)) throw foreign(`other bytes in element ${index + 1} of ${key}`);
      return text.toString('utf8').trim();
    };
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
        continue;
      }
      if (byte === quote) {
        inString = true;
        if (depth === 1) {
          from = at;
          before = [];
        }
      } else if (byte === colon && depth === 1) {
        key = nameOf(taken(at));
        if (keys.has(key)) throw repeated(key);
        keys.add(key);
      } else if (byte === comma && depth === 2 && inList) {
        yield { key, index: index++, text: taken(at) };
        from = at + 1;
      } else if (opening.has(byte)) {
        if (depth === 0 && (started || byte === list)) throw failure('something else');
        started = true;
        depth++;
        if (depth === 2) {
          inList = byte === list;
          index = 0;
          from = at + 1;
          before = [];
        }
      } else if (closing.has(byte)) {
        if (depth === 2 && inList) {
          const text = taken(at);
          if (text !== '' || index > 0) yield { key, index, text };
          inList = false;
        }
        depth--;
        if (depth < 0) throw failure('a bracket too many');
      } else if (depth === 0 && !blank.has(byte) && skip-- <= 0) {
        throw failure('something else');
      }
    }
    if (inList || depth === 1) before.push(Buffer.from(bytes.subarray(from)));
  }
  if (depth !== 0 || !started) throw failure(started ? 'its beginning alone' : 'no object');
}

function nameOf(key: string): string {
  try {
    return String(JSON.parse(key.slice(key.indexOf('"'))));
  } catch {
    return key;
  }
}

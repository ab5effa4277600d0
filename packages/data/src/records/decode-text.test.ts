import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { decodedBlocks } from './decode-text';
import { bytesSource } from './row-reader.testing';

const text = 'image,caption\ni0.png,café au lait\ni1.png,naïve “quote”\n';
const utf16 = (value: string, bigEndian = false): Buffer => {
  const bytes = Buffer.from(value, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};
/** The text, read in chunks of 3 bytes, so that characters and line ends are torn. */
const decodeText = async (bytes: Uint8Array, encoding?: string): Promise<string> => {
  const blocks: Buffer[] = [];
  for await (const block of decodedBlocks(bytesSource(bytes, 'c.csv', 3), encoding)) {
    if (blocks.length > 0) expect(blocks.at(-1)!.toString()).toMatch(/[\r\n]$/);
    blocks.push(block);
  }
  return Buffer.concat(blocks).toString();
};
const failure = async (bytes: Uint8Array, encoding?: string): Promise<DataError> => {
  try {
    await decodeText(bytes, encoding);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};
/** windows-1252 of the text above. */
const western = Buffer.from(text.replace('“', '\x93').replace('”', '\x94'), 'latin1');

describe('decodedBlocks', () => {
  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with its mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 LE with its mark', utf16(`\uFEFF${text}`)],
    ['UTF-16 BE with its mark', utf16(`\uFEFF${text}`, true)],
  ])('reads %s', async (_, bytes) => {
    expect(await decodeText(bytes)).toBe(text);
  });

  it('reads what it is told to read', async () => {
    expect(await decodeText(western, 'windows-1252')).toBe(text);
    expect(await decodeText(utf16(text), 'utf-16le')).toBe(text);
    expect(await decodeText(Buffer.from('\uFEFFa'), 'utf-8')).toBe('a');
  });

  it('suggests windows-1252, naming the line of the first wrong byte and what it would read', async () => {
    const error = await failure(western);
    expect(error.where).toBe('c.csv:2');
    expect(error.message).toMatch(/2 of 3 lines.*0xe9 on line 2.*café au lait.*windows-1252/);
    expect(error.suggestion).toEqual({ encoding: 'windows-1252' });
  });

  it('suggests UTF-16 where its mark is missing', async () => {
    expect((await failure(utf16(text))).suggestion).toEqual({ encoding: 'utf-16le' });
    expect((await failure(utf16(text, true))).suggestion).toEqual({ encoding: 'utf-16be' });
    expect((await failure(utf16(text))).where).toBe('c.csv:1');
  });

  it('tells damaged UTF-8 from another encoding', async () => {
    const bytes = Buffer.from('image,caption\r\na,über\r\nb,grün\r\n');
    bytes[bytes.lastIndexOf(0xbc)] = 0x20;
    const error = await failure(bytes);
    expect(error.where).toBe('c.csv:3');
    expect(error.message).toMatch(/damaged in 1 of 3 lines.*0xc3 on line 3/);
    expect(error.suggestion).toBeUndefined();
  });

  it('does not take other scripts for windows-1252', async () => {
    const russian = Buffer.from([...Buffer.from('image,caption\na,'), 0xea, 0xee, 0xf2, 0x0a]);
    expect((await failure(russian)).suggestion).toBeUndefined();
    expect((await failure(russian)).advice).toContain('windows-1251');
  });

  it('refuses marks that contradict, UTF-32, and damaged UTF-16', async () => {
    expect((await failure(Buffer.from('\uFEFFa'), 'windows-1252')).message).toContain(
      'Leave encoding out',
    );
    expect((await failure(Buffer.from([0xff, 0xfe, 0, 0, 97, 0, 0, 0]))).code).toBe('data');
    expect((await failure(Buffer.from([0xff, 0xfe, 97, 0, 98]))).message).toContain(
      'text in utf-16le',
    );
    expect((await failure(Buffer.from([0xff, 0xfe, 0, 0xd8, 97, 0]))).message).toContain(
      'utf-16le',
    );
  });
});

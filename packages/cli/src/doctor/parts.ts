import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildVocabulary, decodeImage, loadTokenizer } from '@crossweave/data';

/** Something beside the engines that may be missing or broken, and how to get it. */
export interface PartReport {
  readonly name: string;
  readonly usable: boolean;
  /** Whether everything works without it, but for what `detail` names. */
  readonly optional: boolean;
  /** What it does, or what is wrong. */
  readonly detail: string;
  /** One command; absent when the part is usable. */
  readonly command?: string;
}

/** Tries what reads data, by using it, and what is optional. Never throws. */
export async function describeParts(): Promise<PartReport[]> {
  return [await pictures(), await captions(), await transformers()];
}

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

async function pictures(): Promise<PartReport> {
  const report = { name: 'pictures', optional: false };
  try {
    await decodeImage(Buffer.from(pixel, 'base64'), 'a PNG of one pixel', { size: 1 });
    return { ...report, usable: true, detail: 'are decoded by sharp' };
  } catch (error) {
    return {
      ...report,
      usable: false,
      detail: `cannot be decoded: ${firstLine(error)}`,
      command: 'npm install --include=optional sharp',
    };
  }
}

async function captions(): Promise<PartReport> {
  const report = { name: 'captions', optional: false };
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-doctor-'));
  try {
    await buildVocabulary(['a red cat'], { out: folder });
    const { length } = (await loadTokenizer(folder)).encode('a red cat');
    if (length !== 3) throw new Error(`three words became ${length} tokens`);
    return { ...report, usable: true, detail: 'are tokenised by the rules of Python’s tokenizers' };
  } catch (error) {
    return {
      ...report,
      usable: false,
      detail: `cannot be tokenised: ${firstLine(error)}`,
      command: 'npm install @crossweave/data',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Only programs with frozen ONNX encoders use one; the command line does not. */
async function transformers(): Promise<PartReport> {
  const report = { name: 'onnx models', optional: true };
  const packages = ['@huggingface/transformers', '@xenova/transformers'];
  const failures: string[] = [];
  for (const name of packages) {
    try {
      await import(name);
      return { ...report, usable: true, detail: `of the hub are run by ${name}` };
    } catch (error) {
      const line = firstLine(error);
      if (!line.startsWith(`Cannot find package '${name}'`)) failures.push(`${name}: ${line}`);
    }
  }
  const [failure = 'no transformers library is installed'] = failures;
  return {
    ...report,
    usable: false,
    detail: `of the hub cannot be run as frozen encoders: ${failure}`,
    command: 'npm install --ignore-scripts @huggingface/transformers',
  };
}

/** The first line of an error's message, without a full stop. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.trim().split('\n')[0] ?? '').replace(/[.:]$/, '');
}

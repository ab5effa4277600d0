import { FileFormatError } from '@crossweave/core';
import { openRegular } from '@crossweave/core/node';
import { shellWord } from './shell-word';

/** What PyTorch files are called. */
export const pickleName = /\.(bin|pt|pth|ckpt|pkl)$/i;

/**
 * Refuses PyTorch's own files: a zip archive or a bare pickle, whatever it is called. A pickle is
 * a program, and who opens it runs it.
 *
 * @throws FileFormatError that says how to convert the file. Files that cannot be opened pass:
 * who reads them says so.
 */
export async function refusePickle(path: string): Promise<void> {
  const start = await firstBytes(path);
  if (start === undefined || !looksPickled(start)) return;
  throw new FileFormatError('this is a PyTorch file, which can run any program when it is opened', {
    where: path,
    expected: 'a safetensors file',
    advice: conversionAdvice(path),
  });
}

/**
 * How to turn a PyTorch file into one that is safe to open, without running what it may contain: a
 * command that a reader may paste into a shell, whatever the file is called.
 */
export function conversionAdvice(path: string): string {
  const to = `${path.replace(pickleName, '')}.safetensors`;
  // No double quotes and nothing that a shell reads within them: it goes into double quotes.
  const program =
    'import sys, torch; from safetensors.torch import save_file; ' +
    "d = torch.load(sys.argv[1], map_location='cpu', weights_only=True); " +
    "d = d.get('state_dict', d); " +
    "save_file({k: v.clone().contiguous() for k, v in d.items()}, sys.argv[2], metadata={'format': 'pt'})";
  const [from, into] = [shellWord(path), shellWord(to)];
  const names =
    from === undefined || into === undefined ? 'FROM.bin TO.safetensors' : `${from} ${into}`;
  return `Convert it once where Python, torch and safetensors are installed: python -c "${program}" ${names}`;
}

function looksPickled(start: Uint8Array): boolean {
  const startsWith = (...bytes: number[]): boolean => bytes.every((byte, i) => start[i] === byte);
  const isZip = startsWith(0x50, 0x4b, 0x03, 0x04);
  // Protocols 2 to 5. A safetensors file may start so as well, but goes on with its header.
  const isPickle = start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5;
  const hasHeader = start[8] === 0x7b;
  return (isZip || isPickle) && !hasHeader;
}

async function firstBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await openRegular(path);
    try {
      const bytes = new Uint8Array(9);
      await file.read(bytes, 0, bytes.length, 0);
      return bytes;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

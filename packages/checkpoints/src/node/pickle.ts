import { FileFormatError } from '@crossweave/core';
import { openRegular } from '@crossweave/core/node';
import { shellWord } from './shell-word';

/** File name endings of PyTorch files. */
export const pickleName = /\.(bin|pt|pth|ckpt|pkl)$/i;

/**
 * Refuses PyTorch files: zip archives and bare pickles, recognised by their content. A pickle is a
 * program that runs when the file is opened.
 *
 * @throws FileFormatError that says how to convert the file. A file that cannot be opened is not
 *   refused here; reading it gives the error.
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
 * Advice with a shell command that converts a PyTorch file to safetensors. The command loads only
 * tensors (`weights_only`), so it does not run a program inside the file. The file name is quoted,
 * so the command can be pasted safely.
 */
export function conversionAdvice(path: string): string {
  const to = `${path.replace(pickleName, '')}.safetensors`;
  // The program stands in double quotes in the command, so it must not contain double quotes or
  // characters that a shell expands inside them.
  const program =
    'import sys, torch; from safetensors.torch import save_file; ' +
    "d = torch.load(sys.argv[1], map_location='cpu', weights_only=True); " +
    "d = d.get('state_dict', d); " +
    "save_file({k: v.clone().contiguous() for k, v in d.items()}, sys.argv[2], metadata={'format': 'pt'})";
  const [from, into] = [shellWord(path), shellWord(to)];
  const names =
    from === undefined || into === undefined ? 'FROM.bin TO.safetensors' : `${from} ${into}`;
  return `Convert the file on a machine with Python, torch and safetensors: python -c "${program}" ${names}`;
}

function looksPickled(start: Uint8Array): boolean {
  const startsWith = (...bytes: number[]): boolean => bytes.every((byte, i) => start[i] === byte);
  const isZip = startsWith(0x50, 0x4b, 0x03, 0x04);
  // Pickle protocols 2 to 5. A safetensors file may start with the same bytes, but its header
  // follows.
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

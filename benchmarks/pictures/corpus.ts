import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isCrossweaveError } from '@crossweave/core';
import { decodeImage } from '@crossweave/data';

const usage = `npm run bench -- corpus FOLDER…

Decodes every file of the folders, eight at once. Tells how many were decoded and how many were refused by a
typed error, the processor time, the longest that one took, and the most memory. Fails for any other error.`;

const atOnce = 8;

export async function corpusSuite(folders: readonly string[]): Promise<number> {
  if (folders.length === 0 || folders.includes('--help')) {
    console.log(usage);
    return folders.length === 0 ? 2 : 0;
  }
  const files = (await Promise.all(folders.map(filesOf))).flat();
  let [decoded, refused, longest] = [0, 0, 0];
  const wrong: string[] = [];
  const waiting = files.values();
  const used = process.cpuUsage();
  const work = async (): Promise<void> => {
    for (const path of waiting) {
      const file = await readFile(path);
      const began = performance.now();
      try {
        await decodeImage(file, path);
        decoded++;
      } catch (error) {
        if (isCrossweaveError(error)) refused++;
        else wrong.push(`${path}: ${String(error)}`);
      }
      longest = Math.max(longest, performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const { user, system } = process.cpuUsage(used);
  console.log(
    `${files.length} files: ${decoded} decoded, ${refused} refused, ${wrong.length} with an error without a type; ` +
      `${((user + system) / 1e6).toFixed(1)} s of processor, ${(longest / 1000).toFixed(1)} s the longest, ` +
      `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB at most`,
  );
  for (const message of wrong) console.error(message);
  return wrong.length === 0 ? 0 : 1;
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** Runs what the README tells a newcomer to run first, where `crossweave` has been installed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './workspace.mjs';

/**
 * The README's commands, and its first program, with 2 steps for the trainings.
 * @param project the folder with `node_modules`
 * @param expectSuccess is told what was run and `{ code, output }`
 */
export async function firstContact(project, expectSuccess) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  // The block that begins with the installation; the blocks after it need data of the reader's own.
  const [, block = ''] = /```\n(npm install crossweave\n.*?)```/s.exec(readme) ?? [];
  const commands = [...block.matchAll(/^npx (crossweave .*)$/gm)].map(([, command]) => command);
  expectSuccess('finding commands in the README', {
    code: commands.some((command) => command.startsWith('crossweave train')) ? 0 : 1,
    output: commands.join('\n'),
  });
  for (const command of commands) {
    const short = command.startsWith('crossweave train') ? ' --set training.steps=2' : '';
    const [program, ...args] = `${command}${short}`.split(' ');
    const bin = join(project, 'node_modules', '.bin', program);
    expectSuccess(command, await run(bin, args, { capture: true, cwd: project }));
  }
  const [, program = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const short = program.replace(/\bsteps: \d+/, 'steps: 2');
  expectSuccess('finding a training in the README', {
    code: short === program ? 1 : 0,
    output: program,
  });
  writeFileSync(join(project, 'program.mjs'), short);
  const ran = await run(process.execPath, ['program.mjs'], { capture: true, cwd: project });
  expectSuccess("the README's first program", ran);
}

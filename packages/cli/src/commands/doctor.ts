import { ConfigError } from '@crossweave/core';
import type { EngineReport } from '@crossweave/core/engine';
import { Failed, type Command } from '../command';
import { examine, examineApart, lacking, type Examination } from '../doctor/examine';
import { speedLines } from '../doctor/speed-lines';
import type { Terminal } from '../terminal';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Says what works on this machine, what does not, why, and what to do.',
  options: {
    verbose: { type: 'boolean', summary: 'show what native libraries print while they are tried' },
  },
  example: 'crossweave doctor',
  async run(values, positionals, { terminal, signal }) {
    if (positionals.length > 0) {
      throw new ConfigError('doctor takes no arguments', {
        where: 'crossweave doctor',
        got: positionals.join(' '),
      });
    }
    const found = values['verbose'] === true ? await examine() : await examineApart(signal);
    print(found, terminal);
    const missing = lacking(found);
    if (missing.length > 0) {
      throw new Failed(`Training does not work here without ${missing.join(', ')}.`, found);
    }
    return found;
  },
};

function print({ machine, engines, auto, speeds, parts }: Examination, terminal: Terminal): void {
  terminal.line(
    `Node ${machine.node} on ${machine.platform}, ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB`,
  );
  terminal.line(`Processor: ${machine.instructions}`);

  terminal.line('\nEngines, in the order in which "auto" tries them:');
  for (const engine of engines) {
    const name = `${engine.usable ? 'ok' : '--'}  ${engine.name.padEnd(15)}`;
    terminal.line(
      engine.usable
        ? `  ${name} ${engine.detail}${whenTaken(engine)}`
        : `  ${name} ${engine.reason}. ${engine.advice}`,
    );
  }
  terminal.line(auto === null ? '  No engine works here.' : `  "auto" takes ${auto} here.`);

  terminal.line('\nSpeed of engines on the processor, in ms (least of several runs):');
  for (const line of speedLines(speeds)) terminal.line(`  ${line}`);

  for (const [title, optional] of [
    ['Data', false],
    ['Optional', true],
  ] as const) {
    terminal.line(`\n${title}:`);
    for (const part of parts.filter((each) => each.optional === optional)) {
      const command = part.command === undefined ? '' : `: ${part.command}`;
      terminal.line(
        `  ${part.usable ? 'ok' : '--'}  ${part.name.padEnd(15)} ${part.detail}${command}`,
      );
    }
  }
}

/** When an engine is taken, if not simply in its order. */
function whenTaken({ name, onlyByName, ifFasterThan }: EngineReport): string {
  if (ifFasterThan !== undefined) {
    return ` (where it is measured to be clearly faster than ${ifFasterThan}, or --engine ${name})`;
  }
  return onlyByName ? ` (only by its name: --engine ${name})` : '';
}

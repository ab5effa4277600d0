import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { describeEngines } from '@crossweave/core/engine';
import { ConfigError } from '@crossweave/core';
import type { Command } from '../command';

/** Whether an optional part is there, and what to do when it is not. */
interface PartReport {
  readonly name: string;
  readonly usable: boolean;
  readonly detail: string;
}

export const doctor: Command = {
  name: 'doctor',
  summary: 'Says what works on this machine, what does not, why, and what to do.',
  options: {},
  example: 'crossweave doctor',
  async run(_values, positionals, { terminal }) {
    if (positionals.length > 0) {
      throw new ConfigError('doctor takes no arguments', {
        where: 'crossweave doctor',
        got: positionals.join(' '),
      });
    }
    const machine = {
      node: process.version,
      platform: `${platform()} ${arch()}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    };
    terminal.line(
      `Node ${machine.node} on ${machine.platform}, ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB`,
    );

    terminal.line(
      '\nEngines, in the order in which "auto" tries them (a provider only by its name):',
    );
    const engines = await describeEngines();
    for (const engine of engines) {
      terminal.line(
        engine.usable
          ? `  ok  ${engine.name.padEnd(15)} ${engine.detail}`
          : `  --  ${engine.name.padEnd(15)} ${engine.reason}. ${engine.advice}`,
      );
    }
    const chosen = engines.find(({ usable, onlyByName }) => usable && !onlyByName)?.name;
    terminal.line(
      chosen === undefined ? '  No engine works here.' : `  "auto" chooses ${chosen} here.`,
    );

    terminal.line('\nReading data:');
    const parts = [await sharpReport(), await tokenizerReport()];
    for (const part of parts) {
      terminal.line(`  ${part.usable ? 'ok' : '--'}  ${part.name.padEnd(15)} ${part.detail}`);
    }
    return { machine, engines, auto: chosen ?? null, parts };
  },
};

async function sharpReport(): Promise<PartReport> {
  const name = 'sharp';
  try {
    const { default: sharp } = await import('sharp');
    return { name, usable: true, detail: `decodes pictures (libvips ${sharp.versions.vips})` };
  } catch (error) {
    return { name, usable: false, detail: `${firstLine(error)} Reinstall with npm install sharp.` };
  }
}

async function tokenizerReport(): Promise<PartReport> {
  const name = '@xenova/transformers';
  try {
    const { AutoTokenizer } = await import('@xenova/transformers');
    return {
      name,
      usable: typeof AutoTokenizer.from_pretrained === 'function',
      detail: 'tokenises captions',
    };
  } catch (error) {
    return {
      name,
      usable: false,
      detail: `${firstLine(error)} It needs a sharp that loads: see the README on overrides.`,
    };
  }
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.endsWith('.') ? line : `${line}.`;
}

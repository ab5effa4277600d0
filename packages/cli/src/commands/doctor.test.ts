import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { exitCode } from '../main';
import { run } from '../cli.testing';
import { doctor } from './doctor';

describe('doctor', () => {
  it('says what works, each part in one line, and ends with 0', async () => {
    const { code, stdout } = await run('doctor', '--verbose');
    expect(code).toBe(exitCode.done);
    const lines = stdout.split('\n').filter((line) => /^ {2}(ok|--) {2}/.test(line));
    expect(lines).toHaveLength(15);
    for (const line of lines) expect(line).not.toMatch(/node_modules|undefined|\.\.| \./);
    expect(stdout).toMatch(/ok {2}onnx .*\n.*"auto" takes onnx(:openvino)? here/s);
    expect(stdout).toMatch(/Data:\n {2}ok {2}pictures .*\n {2}ok {2}captions .*\n\nOptional:\n/);
    expect(stdout).toMatch(/\nProcessor: \w+; (instructions for bf16: |this system)/);
    // On a busy machine nothing is measured.
    expect(stdout).toMatch(/in ms .*:\n {2}(not measured: | +product {2}.*\n {2}onnx +[\d.]+ )/);
    // What is missing comes with one command.
    for (const line of lines.filter(
      (each) => each.startsWith('  --') && !each.includes('webgpu'),
    )) {
      expect(line).toMatch(/\b(npm install|npx crossweave|pip install)\b/);
    }
  });

  it('takes no arguments', async () => {
    const { code, stderr } = await run('doctor', 'now');
    expect(code).toBe(exitCode.usage);
    expect(stderr).toContain(ConfigError.name);
    expect(Object.keys(doctor.options)).toEqual(['verbose']);
  });
});

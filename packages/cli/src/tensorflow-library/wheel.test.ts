import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, FileFormatError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cudaRequirements, downloadWheels, requirementOf, unpackWheel } from './wheel';
import { writeZip } from './zip.testing';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-wheel-'));
});
afterEach(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;
const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';

describe('requirementOf', () => {
  it('asks for the smaller wheel where there is one', () => {
    const small = arch() === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
    expect(requirementOf('2.21.0', false)).toBe(`${small}==2.21.0`);
    expect(requirementOf('2.21.0', true)).toBe('tensorflow==2.21.0');
  });
});

describe('unpackWheel', () => {
  it.runIf(process.platform === 'linux')('takes the library and the headers', async () => {
    const wheel = join(folder, `tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_${machine}.whl`);
    await writeZip(wheel, {
      'tensorflow/libtensorflow_cc.so.2': 'elf',
      'tensorflow/libtensorflow_framework.so.2': 'elf',
      'tensorflow/python/big.so': 'elf',
      'tensorflow/include/tensorflow/c/c_api.h': '//',
      'tensorflow/include/external/eigen/Core': '//',
      'tensorflow_cpu-2.21.0.dist-info/METADATA': 'Name: tensorflow-cpu',
    });
    const out = join(folder, 'out');
    await unpackWheel(wheel, out, never);
    expect((await readdir(out)).sort()).toEqual(['tensorflow', 'tensorflow_cpu-2.21.0.dist-info']);
    expect((await readdir(join(out, 'tensorflow'))).sort()).toEqual([
      ...['include', 'libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
    ]);
    await access(join(out, 'tensorflow/include/tensorflow/c/c_api.h'));
  });

  it.each(['win_amd64', 'macosx_12_0_arm64', 'manylinux_2_27_riscv64', 'any'])(
    'refuses a wheel for %s',
    async (tag) => {
      const unpacking = unpackWheel(`/w/tensorflow-2.21.0-cp312-cp312-${tag}.whl`, folder, never);
      await expect(unpacking).rejects.toThrow(EngineError);
      await expect(unpacking).rejects.toThrow(`got ${tag}.`);
    },
  );
});

describe('cudaRequirements', () => {
  it('reads those of the extra and no others', () => {
    const metadata = [
      'Metadata-Version: 2.4',
      'Requires-Dist: numpy>=1.26.0',
      'Provides-Extra: and-cuda',
      'Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"',
      "Requires-Dist: nvidia-nccl-cu12 <3.0 ; (python_version > '3.8') and extra == 'and-cuda'",
      'Requires-Dist: other; extra == "gcs"',
    ].join('\n');
    expect(cudaRequirements(metadata)).toEqual([
      'nvidia-cudnn-cu12<10.0,>=9.3.0.75',
      'nvidia-nccl-cu12 <3.0',
    ]);
    expect(cudaRequirements('Requires-Dist: numpy>=1.26.0')).toEqual([]);
  });

  it.each(['--index-url=http://example.com', 'x @ http://example.com/x.whl', './x.whl', '-r x'])(
    'refuses %s, which pip would take for something else than a name',
    (requirement) => {
      const metadata = `Requires-Dist: ${requirement}; extra == "and-cuda"`;
      expect(() => cudaRequirements(metadata)).toThrow(FileFormatError);
    },
  );
});

describe('downloadWheels', () => {
  it('tells a Python without pip', async () => {
    // Node knows no option -m and fails as a Python without the module would.
    const downloading = downloadWheels(process.execPath, ['tensorflow==2.21.0'], folder, never);
    await expect(downloading).rejects.toThrow(EngineError);
    await expect(downloading).rejects.toThrow(/looking for pip failed.*--from PATH\.$/s);
  });
});

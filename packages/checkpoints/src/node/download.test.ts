import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, DataError } from '@crossweave/core';
import { downloadModel, hubUrl } from './download';
import { fetchSafely } from './fetch-safely';

const model = { id: 'org/m', revision: 'main' };
let folder = '';
let server: Server;
let endpoint = '';
/** What the server answers, by path; others are not found. */
const answers = new Map<
  string,
  { status?: number; headers?: Record<string, string>; body?: string }
>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  answers.clear();
  server = createServer((request, response) => {
    const { status = 200, headers = {}, body = '' } = answers.get(request.url!) ?? { status: 404 };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const answer = (file: string, what: Parameters<typeof answers.set>[1]): unknown =>
  answers.set(`/org/m/resolve/main/${file}`, what);

describe('a download', () => {
  it('follows a redirect of the server to itself, and keeps the name it asked for', async () => {
    answer('model.safetensors', { status: 302, headers: { location: '/blobs/1' } });
    answers.set('/blobs/1', { body: 'bytes' });
    await downloadModel(model, folder, endpoint);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('is not led elsewhere without HTTPS, nor round and round', async () => {
    for (const location of ['http://example.com/x', 'file:///etc/passwd', 'ftp://127.0.0.1/x']) {
      answer('model.safetensors', { status: 302, headers: { location } });
      const leading = downloadModel(model, folder, endpoint);
      await expect(leading).rejects.toThrow(ConfigError);
      await expect(leading).rejects.toThrow(/the server sends elsewhere; expected .*https/);
    }
    answer('model.safetensors', { status: 302, headers: { location: 'model.safetensors' } });
    await expect(downloadModel(model, folder, endpoint)).rejects.toThrow(/more than 5 redirects/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes no configuration that is as long as a model, announced or not', async () => {
    const headers = { 'content-length': String(2 ** 27) };
    answer('config.json', { headers, body: '{' });
    await expect(downloadModel(model, folder, endpoint)).rejects.toThrow(
      /too long; expected at most/,
    );
    answer('config.json', {
      headers: { 'transfer-encoding': 'chunked' },
      body: ' '.repeat(2 ** 26 + 1),
    });
    await expect(downloadModel(model, folder, endpoint)).rejects.toThrow(
      /too long; expected at most/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('brings what lies beside the weights, below folders too', async () => {
    const files = ['config.json', 'tokenizer.json', 'preprocessor_config.json', 'modules.json'];
    for (const file of [...files, '1_Pooling/config.json']) answer(file, { body: '{}' });
    answer('open_clip_model.safetensors', { body: 'bytes' });
    await downloadModel(model, folder, endpoint);
    const found = await readdir(folder, { recursive: true });
    expect(found.sort()).toEqual(
      [...files, '1_Pooling', '1_Pooling/config.json', 'open_clip_model.safetensors'].sort(),
    );
  });

  it('writes no shard outside the folder', async () => {
    for (const file of ['../x.safetensors', '..', 'config.json']) {
      const body = JSON.stringify({ weight_map: { a: file } });
      answer('model.safetensors.index.json', { body });
      await expect(downloadModel(model, folder, endpoint)).rejects.toThrow(/file of "a" is wrong/);
    }
    answer('model.safetensors.index.json', { body: '{"weight_map":{"a":"a b.safetensors"}}' });
    await expect(downloadModel(model, folder, endpoint)).rejects.toThrow(DataError);
    answer('a%20b.safetensors', { body: 'bytes' });
    await downloadModel(model, folder, endpoint);
    expect(await readdir(folder)).toContain('a b.safetensors');
  });
});

it('an address to download from has HTTPS, or is on this machine', async () => {
  for (const address of ['http://example.com', 'file:///etc/passwd', 'data:,x', 'no address', '']) {
    await expect(fetchSafely(address)).rejects.toThrow(ConfigError);
  }
  expect((await fetchSafely(endpoint)).status).toBe(404);
});

it('names and revisions are escaped in addresses', () => {
  expect(hubUrl({ id: 'org/m', revision: 'refs/pr/1' }, 'a b.json')).toBe(
    'https://huggingface.co/org/m/resolve/refs%2Fpr%2F1/a%20b.json',
  );
});

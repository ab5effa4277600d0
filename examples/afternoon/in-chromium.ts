import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { tokensOf } from './tokens';
import { asRows, type Inputs, type Vectors } from './towers';

const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const kinds: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What the page posts back. */
interface Answer {
  readonly image?: number[];
  readonly text?: number[];
  readonly error?: string;
}

/**
 * The exported towers in a browser, by onnxruntime-web on WebAssembly. `CHROMIUM` names the browser;
 * default `chromium` (Debian: `apt-get install chromium`).
 */
export async function inChromium(exported: string, { pixels, texts }: Inputs): Promise<Vectors> {
  const { shape, ids, mask } = await tokensOf(exported, texts);
  const given = JSON.stringify({
    pixels: { shape: pixels.shape, values: [...pixels.values] },
    tokens: { shape, ids: Array.from(ids, Number), mask: Array.from(mask, Number) },
  });
  let answered: (answer: Answer) => void = () => undefined;
  const answer = new Promise<Answer>((resolve) => (answered = resolve));
  const server = createServer((request, response) => {
    void (async () => {
      const path = new URL(request.url!, 'http://localhost').pathname;
      if (request.method === 'POST') {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        answered(JSON.parse(Buffer.concat(parts).toString('utf8')) as Answer);
        response.end();
        return;
      }
      const body = await bodyOf(path, exported, given);
      const kind = kinds[path === '/' ? '.html' : extname(path)];
      response.writeHead(
        body === undefined ? 404 : 200,
        kind === undefined ? {} : { 'content-type': kind },
      );
      response.end(body);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
  const browser = spawn(
    process.env['CHROMIUM'] ?? 'chromium',
    [...flags, `http://127.0.0.1:${port}/`],
    { stdio: 'ignore' },
  );
  const ended = once(browser, 'exit').catch((error: unknown) => error);
  try {
    const found = await Promise.race([answer, lost(ended), late()]);
    if (found.error !== undefined) throw new Error(`the browser says: ${found.error}`);
    return { image: asRows(found.image!, pixels.shape[0]!), text: asRows(found.text!, shape[0]!) };
  } finally {
    browser.kill();
    await ended;
    server.close();
    server.closeAllConnections();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function bodyOf(
  path: string,
  exported: string,
  given: string,
): Promise<string | Buffer | undefined> {
  if (path === '/') return page;
  if (path === '/inputs') return given;
  const folder = path.endsWith('.onnx') ? join(exported, 'onnx') : runtime;
  return readFile(join(folder, basename(path))).catch(() => undefined);
}

async function lost(ended: Promise<unknown>): Promise<Answer> {
  return { error: `it ended early (${String(await ended)})` };
}

async function late(): Promise<Answer> {
  await new Promise((resolve) => setTimeout(resolve, 120_000).unref());
  return { error: 'nothing for two minutes' };
}

const page = `<!doctype html><script type="module">
const post = (answer) => fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
try {
  const ort = await import('/ort.wasm.min.mjs');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/';
  const { pixels, tokens } = await (await fetch('/inputs')).json();
  const int64 = (list) => new ort.Tensor('int64', BigInt64Array.from(list, BigInt), tokens.shape);
  const vision = await ort.InferenceSession.create('/vision_model.onnx');
  const language = await ort.InferenceSession.create('/text_model.onnx');
  const given = { input_ids: int64(tokens.ids), attention_mask: int64(tokens.mask) };
  const wanted = Object.entries(given).filter(([name]) => language.inputNames.includes(name));
  const images = await vision.run({
    pixel_values: new ort.Tensor('float32', Float32Array.from(pixels.values), pixels.shape),
  });
  const words = await language.run(Object.fromEntries(wanted));
  await post({ image: [...images.image_embeds.data], text: [...words.text_embeds.data] });
} catch (error) {
  await post({ error: String(error) });
}
</script>`;

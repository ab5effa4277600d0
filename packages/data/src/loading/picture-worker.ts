/** A thread that loads pictures: see {@link PictureThreads}. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodingMemory } from '../image/memory';
import { sendError, type Answer, type Request } from './messages';
import { loadPicture, type LoadedPicture } from './picture-job';

/** One is read from disk while another is decoded. */
const atOnce = 2;

const port = parentPort;
if (port === null) throw new Error('picture-worker runs as a thread of PictureThreads only');
decodingMemory.share(workerData as SharedArrayBuffer);

const waiting: Request[] = [];
let running = 0;
port.on('message', (request: Request) => {
  waiting.push(request);
  while (running < atOnce && waiting.length > 0) void work();
});

async function work(): Promise<void> {
  running++;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const answer = await answerTo(next);
    port?.postMessage(answer, 'loaded' in answer ? buffersOf(answer.loaded) : []);
  }
  running--;
}

async function answerTo({ id, job, settings }: Request): Promise<Answer> {
  try {
    const loaded = await loadPicture(job, settings);
    return 'error' in loaded
      ? { id, error: sendError(loaded.error), digest: loaded.digest }
      : { id, loaded };
  } catch (error) {
    return { id, error: sendError(error) };
  }
}

/** The memory that moves to the other thread; pictures that are part of more are copied. */
function buffersOf({ decoded, picture }: LoadedPicture): ArrayBuffer[] {
  const own = [decoded, picture].flatMap((each) => {
    const buffer = each?.buffer;
    return buffer instanceof ArrayBuffer && buffer.byteLength === each?.byteLength ? [buffer] : [];
  });
  return [...new Set(own)];
}

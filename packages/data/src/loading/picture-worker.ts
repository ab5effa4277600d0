/** A thread that loads pictures: see {@link PictureThreads}. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { decodingMemory } from '../image/memory';
import { sendError, type Answer, type Request } from './messages';
import { loadPicture, type LoadedPicture } from './picture-job';

/** One is read from disk while another is decoded. */
const atOnce = 2;

if (parentPort !== null && workerData instanceof SharedArrayBuffer) {
  decodingMemory.share(workerData);
  serve(parentPort);
}

function serve(port: MessagePort): void {
  const waiting: Request[] = [];
  let running = 0;
  const work = async (): Promise<void> => {
    running++;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const answer = await answerTo(next);
      port.postMessage(answer, 'loaded' in answer ? buffersOf(answer.loaded) : []);
    }
    running--;
  };
  port.on('message', (request: Request) => {
    waiting.push(request);
    if (running < atOnce) void work();
  });
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

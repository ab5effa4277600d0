/** A thread that loads pictures: see {@link PictureThreads}. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { decodingMemory } from '../image/memory';
import { sendError, type Answer, type Request } from './messages';
import {
  loadPicture,
  type LoadedPicture,
  type PictureJob,
  type PictureSettings,
} from './picture-job';

/** One is read from disk while another is decoded. */
const atOnce = 2;
/** Answers are sent together, so many or those there are when nothing waits. */
const mostAnswers = 8;

interface Waiting {
  readonly id: number;
  readonly job: PictureJob;
  readonly settings: PictureSettings;
}

if (parentPort !== null && workerData instanceof SharedArrayBuffer) {
  decodingMemory.share(workerData);
  serve(parentPort);
}

function serve(port: MessagePort): void {
  const waiting: Waiting[] = [];
  let answers: Answer[] = [];
  let running = 0;
  const send = (): void => {
    const buffers = answers.flatMap((each) => ('loaded' in each ? buffersOf(each.loaded) : []));
    port.postMessage(answers, [...new Set(buffers)]);
    answers = [];
  };
  const work = async (): Promise<void> => {
    running++;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const answer = await answerTo(next);
      answers.push(answer);
      if (waiting.length === 0 || answers.length >= mostAnswers) send();
    }
    running--;
  };
  port.on('message', ({ jobs, settings }: Request) => {
    for (const { id, job } of jobs) waiting.push({ id, job, settings });
    while (running < atOnce && waiting.length > 0) void work();
  });
}

async function answerTo({ id, job, settings }: Waiting): Promise<Answer> {
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
  return own;
}

import { createRequire } from 'node:module';

/** What a reporter is told of a case or a group of cases. */
export interface Done {
  readonly fullName: string;
  readonly status: string;
  readonly failedExpectations: readonly { readonly message: string; readonly stack: string }[];
}

/** As much of jasmine as the runner uses; it ships no types. */
export interface Jasmine {
  DEFAULT_TIMEOUT_INTERVAL: number;
  getEnv(): {
    configure(options: {
      random: boolean;
      forbidDuplicateNames: boolean;
      specFilter: (spec: { getFullName(): string }) => boolean;
    }): void;
    addReporter(reporter: { specDone(spec: Done): void; suiteDone(suite: Done): void }): void;
    execute(): Promise<{ readonly overallStatus: string } & Pick<Done, 'failedExpectations'>>;
  };
}

/** Puts `describe`, `it`, `expect` … among the globals, where the suite looks for them. */
export function startJasmine(): Jasmine {
  const { boot } = createRequire(import.meta.url)('jasmine-core') as { boot: () => Jasmine };
  return boot();
}

import { createRequire } from 'node:module';

/** The result of a case or a group of cases, as a reporter gets it. */
export interface Done {
  readonly fullName: string;
  readonly status: string;
  readonly failedExpectations: readonly { readonly message: string; readonly stack: string }[];
}

/** The part of jasmine that the runner uses; jasmine has no types. */
export interface Jasmine {
  DEFAULT_TIMEOUT_INTERVAL: number;
  getEnv(): {
    configure(options: {
      random: boolean;
      forbidDuplicateNames: boolean;
      specFilter: (spec: { getFullName(): string }) => boolean;
    }): void;
    addReporter(reporter: {
      specStarted?(spec: { readonly fullName: string }): void;
      specDone(spec: Done): void;
      suiteDone(suite: Done): void;
    }): void;
    execute(): Promise<{ readonly overallStatus: string } & Pick<Done, 'failedExpectations'>>;
  };
}

/** Makes `describe`, `it`, `expect` … global, as the suite needs. */
export function startJasmine(): Jasmine {
  const { boot } = createRequire(import.meta.url)('jasmine-core') as { boot: () => Jasmine };
  return boot();
}

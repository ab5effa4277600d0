import type { Client } from '../pjrt/client';
import type { Executable } from '../pjrt/executable';
import type { Compiler } from './xla-program';

/**
 * A compiler that can compile a program ahead, in a thread. It keeps the latest such program. The next
 * `compile` of the same module returns that program. A program that is not asked for is freed when
 * the next one is ready.
 */
export class PreparedProgram implements Compiler {
  private ready: { readonly module: string; readonly executable: Executable } | null = null;
  /** Compilations under way. */
  private underWay = 0;
  private isDisposed = false;

  /** @param compiler its client is closed with this. */
  constructor(private readonly compiler: Compiler) {}

  get client(): Client {
    return this.compiler.client;
  }

  get precision(): Compiler['precision'] {
    return this.compiler.precision;
  }

  /** @throws XlaBackendError for a module that XLA refuses. */
  compile(module: string): Executable {
    if (this.ready?.module !== module) return this.compiler.compile(module);
    const { executable } = this.ready;
    this.ready = null;
    return executable;
  }

  compileLater(module: string): Promise<Executable> {
    return this.compiler.compileLater(module);
  }

  /** Compiles a module while JavaScript goes on, for `compile` to take. @throws as `compile` does. */
  async prepare(module: string): Promise<void> {
    if (this.ready?.module === module) return;
    this.underWay++;
    try {
      const executable = await this.compiler.compileLater(module);
      this.ready?.executable.destroy();
      this.ready = { module, executable };
    } finally {
      this.underWay--;
      if (this.isDisposed) this.dispose();
    }
  }

  /** The client is closed once nothing is compiled with it. */
  dispose(): void {
    this.isDisposed = true;
    if (this.underWay > 0) return;
    this.ready?.executable.destroy();
    this.ready = null;
    this.compiler.client.destroy();
  }
}

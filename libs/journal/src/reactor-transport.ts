import { Catch, type ArgumentsHost, type RpcExceptionFilter } from '@nestjs/common';
import { Server, type BaseRpcContext, type CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom, throwError, type Observable } from 'rxjs';
import { Reactor, type ReactorEvent, type ReactorOptions } from './read/reactor.js';

/**
 * Nest's transport strategy for reactors: `@EventPattern('MachineExited')` handlers get a `ReactorEvent` of that type. Events that no
 * handler is for are passed over. Use with `ReactorErrors`, so that errors keep saying whether to try again.
 */
export class ReactorTransport extends Server implements CustomTransportStrategy {
  readonly reactor: Reactor;
  private readonly over = new AbortController();
  private running: Promise<void> | undefined;

  constructor(options: Omit<ReactorOptions, 'handle'>) {
    super();
    this.reactor = new Reactor({ ...options, handle: (event) => this.dispatch(event) });
  }

  listen(callback: () => void): void {
    this.running = this.reactor.run(this.over.signal);
    callback();
  }

  /** Resolves when what is under way is finished. */
  async close(): Promise<void> {
    this.over.abort();
    await this.running;
  }

  on(): never {
    throw new Error('a reactor has no events of its own to listen to');
  }

  unwrap<T>(): T {
    throw new Error('a reactor has no server of its own to unwrap');
  }

  private async dispatch(event: ReactorEvent): Promise<void> {
    for (let handler = this.getHandlerByPattern(event.event.type); handler; handler = handler.next ?? null) {
      const answer: unknown = await handler(event, NO_CONTEXT);
      if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
    }
  }
}

const NO_CONTEXT: BaseRpcContext | undefined = undefined;

/** Hands errors of reactors' handlers on as they are, where Nest would hide what they say. */
@Catch()
export class ReactorErrors implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

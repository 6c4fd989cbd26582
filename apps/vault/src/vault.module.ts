import { Module, type DynamicModule, type OnApplicationShutdown, Injectable, Inject } from '@nestjs/common';
import { BusSide, type BusSideOptions } from './commands/bus-side.js';
import { VaultListener, type ListenerOptions } from './listener/listener.js';

export const BUS_SIDE = Symbol('the vault on the bus');
export const LISTENER = Symbol('the vault’s own listener');

/** Stops taking new work before what serves it goes. */
@Injectable()
class Closing implements OnApplicationShutdown {
  constructor(
    @Inject(BUS_SIDE) private readonly busSide: BusSide,
    @Inject(LISTENER) private readonly listener: VaultListener,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.listener.close();
    await this.busSide.close();
  }
}

/** The vault's two doors: its own TLS listener, open at once, and the bus, as soon as there is one. */
@Module({})
export class VaultModule {
  static of(bus: BusSideOptions, listener: ListenerOptions): DynamicModule {
    return {
      module: VaultModule,
      providers: [
        { provide: LISTENER, useFactory: () => VaultListener.open(listener) },
        { provide: BUS_SIDE, useFactory: () => new BusSide(bus) },
        Closing,
      ],
      exports: [LISTENER, BUS_SIDE],
    };
  }
}

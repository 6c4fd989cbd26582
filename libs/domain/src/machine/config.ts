import type { Sealed } from '../sealed.js';

export interface Guest {
  readonly cpu_kind: 'shared' | 'performance';
  readonly cpus: number;
  readonly memory_mb: number;
  readonly kernel_args?: readonly string[];
  readonly persist_rootfs?: 'never' | 'always' | 'restart';
}

export interface RestartPolicy {
  readonly policy: 'no' | 'always' | 'on-failure';
  readonly max_retries?: number;
}

export interface ServicePort {
  readonly port?: number;
  readonly start_port?: number;
  readonly end_port?: number;
  readonly handlers?: readonly string[];
  readonly force_https?: boolean;
  readonly http_options?: Readonly<Record<string, unknown>>;
  readonly tls_options?: Readonly<Record<string, unknown>>;
  readonly proxy_proto_options?: Readonly<Record<string, unknown>>;
}

export interface Service {
  readonly protocol: 'tcp' | 'udp';
  readonly internal_port: number;
  readonly autostop?: boolean | 'off' | 'stop' | 'suspend';
  readonly autostart?: boolean;
  readonly min_machines_running?: number;
  readonly ports?: readonly ServicePort[];
  readonly checks?: readonly Readonly<Record<string, unknown>>[];
  readonly concurrency?: {
    readonly type?: 'connections' | 'requests';
    readonly hard_limit?: number;
    readonly soft_limit?: number;
  };
  readonly force_instance_key?: string | null;
  readonly force_instance_description?: string | null;
}

export interface InitOverrides {
  readonly exec?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly tty?: boolean;
}

export interface GuestFile {
  readonly guest_path: string;
  /** Base64. */
  readonly raw_value?: string;
  readonly secret_name?: string;
  readonly mode?: number;
}

/** What the image's reference stood for when the machine was given it: what a host runs, whatever the tag says by then. */
export interface ResolvedImage {
  /** Of the manifest for the machine's platform: `sha256:…`. */
  readonly digest: string;
  /** The image's own, as far as they fit. */
  readonly labels: Readonly<Record<string, string>>;
  /** The registry (`host[:port]`) whose credential of the organization it took to see the image. */
  readonly credential?: string;
}

/**
 * What a machine is to run, in the Machines API's own words (docs: machines resource, `config`), since clients send and
 * compare it whole. What people put secrets into by mistake is sealed.
 */
export interface MachineConfig {
  readonly image: string;
  readonly resolved_image?: ResolvedImage;
  readonly guest: Guest;
  readonly env?: Sealed<Readonly<Record<string, string>>>;
  readonly init?: Sealed<InitOverrides>;
  readonly files?: Sealed<readonly GuestFile[]>;
  readonly processes?: Sealed<readonly Readonly<Record<string, unknown>>[]>;
  readonly services?: readonly Service[];
  readonly checks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly restart?: RestartPolicy;
  readonly stop_config?: { readonly timeout?: string; readonly signal?: string };
  readonly metadata?: Readonly<Record<string, string>>;
  readonly auto_destroy?: boolean;
  readonly schedule?: 'hourly' | 'daily' | 'weekly' | 'monthly';
  readonly dns?: Readonly<Record<string, unknown>>;
  readonly metrics?: Readonly<Record<string, unknown>>;
  readonly standbys?: readonly string[];
  readonly disable_machine_autostart?: boolean;
}

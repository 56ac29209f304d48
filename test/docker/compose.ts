import { parse } from 'yaml';

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string };
  readonly env_file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly scale?: number;
  readonly user?: string;
  readonly privileged?: boolean;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly pids_limit?: number;
  readonly mem_limit?: string;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly string[]; readonly timeout: string };
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
}

/** The parts of a compose file that the tests look at, https://docs.docker.com/reference/compose-file/ */
export interface Compose {
  readonly services: {
    readonly broker: ComposeService;
    readonly proxy: ComposeService;
    readonly valkey?: ComposeService;
  };
  readonly networks: Readonly<
    Record<string, { readonly internal?: boolean; readonly ipam?: { readonly config: { subnet: string }[] } }>
  >;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** Reads a compose file. Throws for YAML that is not sound, such as a key given twice. */
export function parseCompose(text: string): Compose {
  return parse(text, { strict: true, uniqueKeys: true }) as Compose;
}

/** A file that a setting names, as it was read with the configuration. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

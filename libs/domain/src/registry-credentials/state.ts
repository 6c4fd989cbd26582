export interface RegistryCredentialsState {
  readonly registries: readonly string[];
}

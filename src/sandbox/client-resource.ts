import type { Client, ClientSecret } from './model.ts';

/** A secret as it is shown after its creation: by its hint only. */
export function secretResource({ hint, createdAt, createdBy }: ClientSecret): object {
  return { hint, createdAt, createdBy };
}

/** A client as an administrator reads it: never with a secret. */
export function clientResource(client: Client): object {
  const { secrets, consentMethod, ...rest } = client;
  return {
    ...rest,
    createdByType: 'user',
    clientSecrets: secrets.map(secretResource),
    connectionConfig: { consentMethod, status: 'active' },
  };
}

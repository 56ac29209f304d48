import type { CredentialParameters } from './client-authentication.ts';

/** Whom an impersonation asks for. */
export interface UserLookup {
  field: 'userId' | 'subject';
  value: string;
}

/** The parameters of `POST /oauth/token`, after `tokenRequestSchema` has passed. */
export interface TokenRequest extends CredentialParameters {
  grant_type: string;
  scope?: string;
  user_lookup?: UserLookup;
  subject_token?: string;
  subject_token_type?: string;
  purpose?: 'websocket' | 'webresource';
}

const text = { type: 'string' };

/** What a token request must look like, whatever its grant; `user_lookup` takes `userId` or `subject` only. */
export const tokenRequestSchema = {
  type: 'object',
  required: ['grant_type'],
  properties: {
    grant_type: text,
    client_id: text,
    client_secret: text,
    client_assertion: text,
    client_assertion_type: text,
    scope: text,
    subject_token: text,
    subject_token_type: text,
    purpose: { enum: ['websocket', 'webresource'] },
    redirect_uri: text,
    user_lookup: {
      type: 'object',
      required: ['field', 'value'],
      properties: { field: { enum: ['userId', 'subject'] }, value: { type: 'string', minLength: 1 } },
    },
  },
};

/**
 * A form cannot nest: `user_lookup[field]` and `user_lookup[value]` stand for the object. How Qlik reads a form's
 * `user_lookup` is undocumented; its own examples send JSON.
 */
export function withNestedLookup(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const {
    'user_lookup[field]': field,
    'user_lookup[value]': value,
    ...rest
  } = body as Record<string, unknown>;
  return field === undefined && value === undefined ? body : { ...rest, user_lookup: { field, value } };
}

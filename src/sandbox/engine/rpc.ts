import { CODES, EngineError, invalidParams } from './engine-error.ts';

/** A request of the engine's protocol: JSON-RPC 2.0 and the handle of the object that is called. */
export interface RpcRequest {
  id: number | string;
  handle: number;
  method: string;
  params: Params;
}

/** By position, as enigma sends them, or by name. */
export type Params = readonly unknown[] | Readonly<Record<string, unknown>>;

/** An answer; `change` and `close` hold the handles whose objects are new or changed, and those that are gone. */
export interface RpcResponse {
  jsonrpc: '2.0';
  id: number | string | null;
  result?: unknown;
  error?: { code: number; parameter: string; message: string };
  change?: number[];
  close?: number[];
}

/** Reads a frame. Throws an EngineError when it is no request. */
export function readRequest(frame: string): RpcRequest {
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    throw new EngineError(CODES.parseError, 'Parse error');
  }
  const { id, handle, method, params = [] } = (message ?? {}) as Partial<RpcRequest>;
  if (
    (typeof id !== 'number' && typeof id !== 'string') ||
    !Number.isInteger(handle) ||
    typeof method !== 'string' ||
    typeof params !== 'object' ||
    params === null
  ) {
    throw new EngineError(CODES.invalidRequest, 'Invalid Request');
  }
  return { id, handle: handle as number, method, params };
}

/** The answer to a request that failed; what is not an EngineError stays inside. */
export function errorResponse(id: RpcResponse['id'], error: unknown): RpcResponse {
  const { code, message, parameter } =
    error instanceof EngineError ? error : new EngineError(CODES.internalError, 'Internal error');
  return { jsonrpc: '2.0', id, error: { code, parameter, message } };
}

/** A parameter that must be a text. Throws an EngineError. */
export function textParam(params: Params, position: number, name: string): string {
  const value = param(params, position, name);
  if (typeof value !== 'string') throw invalidParams(name);
  return value;
}

/** A parameter, undefined when it is missing. */
export function param(params: Params, position: number, name: string): unknown {
  if (Array.isArray(params)) return params[position];
  return Object.hasOwn(params, name) ? (params as Record<string, unknown>)[name] : undefined;
}

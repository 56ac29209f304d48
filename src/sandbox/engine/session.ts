import { randomUUID } from 'node:crypto';
import { chartProperties, lastReloadTime } from './app.ts';
import { CODES, EngineError, invalidParams } from './engine-error.ts';
import { evaluate, hypercubeOf, layoutOf, type Properties } from './generic-object.ts';
import { pageRequests } from './hypercube.ts';
import {
  errorResponse,
  type Params,
  param,
  type RpcRequest,
  type RpcResponse,
  readRequest,
  textParam,
} from './rpc.ts';
import type { Table } from './table.ts';

/** What a session works on; asked for at each call, so that what changes at the tenant shows. */
export interface EngineSessionDeps {
  app: { id: string; title: string };
  userId: string;
  /** The rows of the user, or undefined when section access lets the user see none. */
  table(): Table | undefined;
}

/** The engine's side of one WebSocket. */
export interface EngineSession {
  /** Answers a frame; never throws, whatever the frame holds. */
  answer(frame: string): RpcResponse;
}

interface Outcome {
  result: Record<string, unknown>;
  change?: number[];
  close?: number[];
}

type Methods = Record<string, (params: Params) => Outcome>;

const GLOBAL_HANDLE = -1;
const DOC_HANDLE = 1;
const MAX_OBJECTS = 500;
const NOT_FOUND = { qReturn: { qType: null, qHandle: null } };

/**
 * A session without selections: its objects never change once they are made. The app's charts are there for good,
 * session objects until they are destroyed or the session ends.
 */
export function createEngineSession({ app, userId, table }: EngineSessionDeps): EngineSession {
  let docIsOpen = false;
  let lastHandle = DOC_HANDLE;
  const handles = new Map<number, Properties>();
  const sessionObjects = new Map<string, Properties>();

  function rows(): Table {
    const seen = table();
    if (!seen) throw new EngineError(CODES.accessDenied, 'Access denied');
    return seen;
  }

  function docReference(): Outcome {
    const qReturn = { qType: 'Doc', qHandle: DOC_HANDLE, qGenericType: '', qGenericId: app.id };
    return { result: { qReturn }, change: [DOC_HANDLE] };
  }

  function handleOf(properties: Properties): Outcome {
    const known = [...handles].find(([, held]) => held === properties)?.[0];
    const handle = known ?? ++lastHandle;
    handles.set(handle, properties);
    const { qId, qType } = properties.qInfo;
    const qReturn = { qType: 'GenericObject', qHandle: handle, qGenericType: qType, qGenericId: qId };
    return { result: { qReturn }, ...(known === undefined ? { change: [handle] } : {}) };
  }

  const global: Methods = {
    OpenDoc(params) {
      if (textParam(params, 0, 'qDocName') !== app.id) {
        throw new EngineError(CODES.accessDenied, 'Access denied', 'the session is of another app');
      }
      rows();
      docIsOpen = true;
      return docReference();
    },
    GetActiveDoc() {
      if (!docIsOpen) throw new EngineError(CODES.accessDenied, 'No active document');
      return docReference();
    },
    EngineVersion: () => ({ result: { qVersion: { qComponentVersion: '0.0.0-sandbox' } } }),
    GetAuthenticatedUser: () => ({ result: { qReturn: userId } }),
    GetProgress: () => ({
      result: { qProgressData: { qStarted: true, qFinished: true, qCompleted: 0, qTotal: 0 } },
    }),
    CancelRequest: () => ({ result: {} }),
  };

  const doc: Methods = {
    GetAppLayout: () => ({
      result: {
        qLayout: {
          qTitle: app.title,
          qFileName: app.id,
          qLastReloadTime: lastReloadTime,
          qModified: false,
          qHasScript: false,
          qHasData: true,
          qStateNames: [],
          qMeta: { privileges: ['read'] },
        },
      },
    }),
    GetAllInfos: () => ({
      result: { qInfos: [...chartProperties, ...sessionObjects.values()].map(({ qInfo }) => qInfo) },
    }),
    GetObject(params) {
      const id = textParam(params, 0, 'qId');
      const properties =
        sessionObjects.get(id) ?? chartProperties.find((candidate) => candidate.qInfo.qId === id);
      return properties ? handleOf(properties) : { result: NOT_FOUND };
    },
    CreateSessionObject(params) {
      if (sessionObjects.size >= MAX_OBJECTS) {
        throw new EngineError(CODES.limitReached, 'Too many session objects', `at most ${MAX_OBJECTS}`);
      }
      const properties = withInfo(param(params, 0, 'qProp'));
      const { qId } = properties.qInfo;
      if (sessionObjects.has(qId)) throw new EngineError(CODES.alreadyExists, 'Already exists', qId);
      sessionObjects.set(qId, properties);
      const created = handleOf(properties);
      return { ...created, result: { ...created.result, qInfo: properties.qInfo } };
    },
    DestroySessionObject(params) {
      const properties = sessionObjects.get(textParam(params, 0, 'qId'));
      if (!properties) return { result: { qSuccess: false } };
      sessionObjects.delete(properties.qInfo.qId);
      const closed = [...handles].filter(([, held]) => held === properties).map(([handle]) => handle);
      for (const handle of closed) handles.delete(handle);
      return { result: { qSuccess: true }, close: closed };
    },
    Evaluate: (params) => ({
      result: { qReturn: evaluate(textParam(params, 0, 'qExpression'), rows()).text },
    }),
    EvaluateEx(params) {
      const { text, number } = evaluate(textParam(params, 0, 'qExpression'), rows());
      const isNumeric = !Number.isNaN(number);
      return { result: { qValue: { qText: text, qIsNumeric: isNumeric, qNumber: isNumeric ? number : 0 } } };
    },
  };

  const genericObject = (properties: Properties): Methods => ({
    GetLayout: () => ({ result: { qLayout: layoutOf(properties, rows()) } }),
    GetProperties: () => ({ result: { qProp: properties } }),
    GetEffectiveProperties: () => ({ result: { qProp: properties } }),
    GetInfo: () => ({ result: { qInfo: properties.qInfo } }),
    GetHyperCubeData(params) {
      if (param(params, 0, 'qPath') !== '/qHyperCubeDef') {
        throw new EngineError(CODES.invalidPath, 'Invalid path', 'qPath');
      }
      const cube = hypercubeOf(properties, rows());
      return { result: { qDataPages: pageRequests(param(params, 1, 'qPages')).map(cube.page) } };
    },
  });

  function methodsOf(handle: number): Methods {
    if (handle === GLOBAL_HANDLE) return global;
    if (handle === DOC_HANDLE && docIsOpen) return doc;
    const properties = handles.get(handle);
    if (!properties) throw invalidParams('handle');
    return genericObject(properties);
  }

  return {
    answer(frame) {
      let id: RpcResponse['id'] = null;
      try {
        const request = readRequest(frame);
        id = request.id;
        return { jsonrpc: '2.0', id, ...invoke(methodsOf(request.handle), request) };
      } catch (error) {
        return errorResponse(id, error);
      }
    },
  };
}

function invoke(methods: Methods, { method: name, params }: RpcRequest): Outcome {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) throw new EngineError(CODES.methodNotFound, 'Method not found', name.slice(0, 100));
  return method(params);
}

/** The properties of a new session object; without an id, it gets one. */
function withInfo(properties: unknown): Properties {
  const info = (properties as Properties | undefined)?.qInfo;
  if (typeof info?.qType !== 'string') throw invalidParams('qProp');
  const qId = typeof info.qId === 'string' && info.qId !== '' ? info.qId : randomUUID();
  return { ...(properties as Properties), qInfo: { ...info, qId } };
}

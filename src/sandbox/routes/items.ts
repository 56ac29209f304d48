import type { FastifyInstance } from 'fastify';
import { callerOf } from '../exchange.ts';
import type { Item } from '../model.ts';
import { type PageQuery, pageOf, single } from '../page.ts';
import type { Tenant } from '../tenant.ts';
import { sees } from '../visibility.ts';

const SORTABLE = { createdAt: (item: Item) => item.createdAt, name: (item: Item) => item.name };

type ListQuery = PageQuery & {
  name?: string | string[];
  resourceType?: string | string[];
  spaceId?: string | string[];
};

/** `GET /items`: what is in the spaces that the caller sees. */
export function registerItems(app: FastifyInstance, tenant: Tenant): void {
  const { items, spaces } = tenant.state;

  app.get<{ Querystring: ListQuery }>('/items', async (request) => {
    const caller = callerOf(request);
    const name = single(request.query.name, 'name')?.toLowerCase() ?? '';
    const types = single(request.query.resourceType, 'resourceType')?.split(',');
    const spaceId = single(request.query.spaceId, 'spaceId');
    const found = [...items.values()].filter((item) => {
      const space = spaces.get(item.spaceId);
      return (
        space !== undefined &&
        sees(caller, space) &&
        item.name.toLowerCase().includes(name) &&
        (types === undefined || types.includes(item.resourceType)) &&
        (spaceId === undefined || spaceId === item.spaceId)
      );
    });
    const url = tenant.url() + request.url;
    const page = pageOf(found, request.query, { url, idOf: (item) => item.id, sortable: SORTABLE });
    return { ...page, data: page.data.map((item) => itemResource(tenant, item)) };
  });
}

function itemResource(tenant: Tenant, item: Item): object {
  const { createdAt } = item;
  return {
    ...item,
    tenantId: tenant.state.tenant.id,
    updatedAt: createdAt,
    resourceCreatedAt: createdAt,
    resourceUpdatedAt: createdAt,
    resourceAttributes: { id: item.resourceId, name: item.name, spaceId: item.spaceId },
    resourceCustomAttributes: null,
    actions: ['read'],
    collectionIds: [],
    isFavorited: false,
    meta: { actions: ['read'], collections: [], isFavorited: false, tags: [] },
    links: { self: { href: `${tenant.url()}/api/v1/items/${item.id}` } },
  };
}

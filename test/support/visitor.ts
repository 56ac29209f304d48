/** Somebody with a browser that keeps cookies and runs no scripts; cookies do not know ports, as in browsers. */
export interface Visitor {
  readonly cookies: Map<string, string>;
  /** The `Cookie` header that the visitor sends. */
  cookie(): string;
  /** One request, whose redirect is not followed. */
  request(url: string, init?: RequestInit): Promise<Response>;
  /** Follows redirects until one leads to a URL that begins so, or an answer is none; resolves to the last URL asked for or led to, and its answer. */
  go(url: string, until?: string): Promise<{ url: string; response: Response | undefined }>;
}

const MAX_REDIRECTS = 15;

export function createVisitor(): Visitor {
  const cookies = new Map<string, string>();

  async function request(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', cookie());
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const header of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const isOver = attributes.some(
        (attribute) =>
          /^max-age=0$/i.test(attribute) ||
          (/^expires=/i.test(attribute) && Date.parse(attribute.slice(8)) <= Date.now()),
      );
      if (isOver) cookies.delete(name);
      else cookies.set(name, pair.slice(name.length + 1));
    }
    return response;
  }

  function cookie(): string {
    return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  return {
    cookies,
    cookie,
    request,
    async go(start, until) {
      let url = start;
      for (let turn = 0; turn < MAX_REDIRECTS; turn += 1) {
        if (until !== undefined && url.startsWith(until)) return { url, response: undefined };
        const response = await request(url);
        const location = response.headers.get('location');
        if (location === null) return { url, response };
        await response.arrayBuffer();
        url = new URL(location, url).href;
      }
      throw new Error(`going round in circles at ${url}`);
    },
  };
}

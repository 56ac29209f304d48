/** A member of the document itself: no element that is named like it, as in `<img name="head">`, stands in its place. */
export function ofDocument<K extends keyof Document>(name: K): Document[K] {
  return Reflect.get(Document.prototype, name, document);
}

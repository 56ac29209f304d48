/** What a value should be and where it is not so; `path` like `/groups/0`, empty for the value itself. */
export interface Misfit {
  readonly path: string;
  readonly should: string;
}

/** Finds the first place where a value that was JSON is not as it should be; undefined when it fits. */
export type Shape = (value: unknown) => Misfit | undefined;

/** A text of so many characters. */
export function text(min = 0, max = Number.POSITIVE_INFINITY): Shape {
  const should = min === 0 ? 'must be a text' : `must be a text of ${min} to ${max} characters`;
  return (value) =>
    typeof value === 'string' && value.length >= min && value.length <= max
      ? undefined
      : { path: '', should };
}

/** One of these values. */
export function oneOf(...values: readonly unknown[]): Shape {
  const should = `must be ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
  return (value) => (values.includes(value) ? undefined : { path: '', should });
}

/** An array whose items all fit. */
export function list(item: Shape): Shape {
  return (value) =>
    Array.isArray(value)
      ? firstMisfit(value.entries(), () => item)
      : { path: '', should: 'must be an array' };
}

/** An object whose named members fit; it may have others. */
export function record(members: Readonly<Record<string, Shape>>): Shape {
  return (value) =>
    isObject(value)
      ? firstMisfit(
          Object.keys(members).map((name) => [name, Object.hasOwn(value, name) ? value[name] : undefined]),
          (name) => members[name] as Shape,
        )
      : { path: '', should: 'must be an object' };
}

/** What fits, and has no members but those. */
export function only(names: readonly string[], shape: Shape): Shape {
  return (value) => {
    const misfit = shape(value);
    if (misfit || !isObject(value)) return misfit;
    const other = Object.keys(value).find((name) => !names.includes(name));
    return other === undefined
      ? undefined
      : { path: '', should: `must have no members but ${names.join(', ')}` };
  };
}

/** What fits, or nothing at all. */
export function optional(shape: Shape): Shape {
  return (value) => (value === undefined ? undefined : shape(value));
}

function firstMisfit<K extends PropertyKey>(
  entries: Iterable<[K, unknown]>,
  shapeOf: (key: K) => Shape,
): Misfit | undefined {
  for (const [key, value] of entries) {
    const misfit = shapeOf(key)(value);
    if (misfit) return { path: `/${String(key)}${misfit.path}`, should: misfit.should };
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

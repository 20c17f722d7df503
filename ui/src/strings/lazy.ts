/**
 * Makes a thing when it is first needed. The first formatter of a page has the engine read what it
 * knows of all languages, which would come before the window can be used (some 30 ms, WebKitGTK 2.50).
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

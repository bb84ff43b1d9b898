/** A map that holds a limited number of entries and drops the least recently used one. */
export class Lru<V> {
  readonly #max: number;
  /** In a Map's insertion order the least recently used entry comes first. */
  readonly #entries = new Map<string, V>();

  /** `max`: entries, at least 1. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The value, which becomes the most recently used one; undefined when there is none. */
  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  /** Whether there is a value; does not count as a use. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > this.#max && oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }
}

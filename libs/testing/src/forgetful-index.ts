/** An index whose approximate search overlooks neighbours; an exact one never does. */
import type { Chance, VectorIndex } from "@tidemark/pipeline";

/** @param missed from 0 to 1: how likely each of the nearest is overlooked */
export function forgetfulIndex(index: VectorIndex, missed: number, chance: Chance): VectorIndex {
  return new Proxy(index, {
    get(target, name) {
      if (name !== "search") {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      const search: VectorIndex["search"] = async (generation, query) => {
        const found = await target.search(generation, query);
        return query.exact ? found : found.filter(() => chance() >= missed);
      };
      return search;
    },
  });
}

/** The points of a collection as Qdrant itself has them, without what may differ between writings. */
interface Scrolled {
  readonly result: {
    readonly points: readonly {
      readonly id: string;
      readonly payload: Readonly<Record<string, unknown>>;
      readonly vector: unknown;
    }[];
    readonly next_page_offset: string | null;
  };
}

const pageMax = 1_000;
/** Which writing it was, when, and for whom the vector was made: its document's manifest decides. */
const ofWriting = ["epoch", "position", "copyEpoch", "copyPosition", "embeddedAtMs", "tenant"];

/** By id: payload with its copies of permissions and metadata, and the vector. */
export async function plainPoints(
  url: string,
  collection: string,
): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  for (let offset: string | null | undefined; offset !== null;) {
    const response = await fetch(`${url}/collections/${collection}/points/scroll`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        filter: { must: [{ key: "kind", match: { value: "point" } }] },
        with_payload: true,
        with_vector: true,
        limit: pageMax,
        ...(offset === undefined ? {} : { offset }),
      }),
    });
    if (!response.ok) throw new Error(`qdrant: ${response.status} ${await response.text()}`);
    const { result } = (await response.json()) as Scrolled;
    for (const { id, payload, vector } of result.points) {
      const kept = Object.entries(payload).filter(([field]) => !ofWriting.includes(field));
      found[id] = { ...Object.fromEntries(kept), vector };
    }
    offset = result.next_page_offset;
  }
  return found;
}

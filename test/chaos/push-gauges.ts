/** Gauges that are pushed. */
import { documentPath, send } from "../checker/ask.ts";
import type { PushedDocument } from "../checker/pushed-document.ts";
import type { PushRecord, Write } from "../kills/push-record.ts";
import { pushSource } from "../kills/push-stream.ts";
import {
  groupOf,
  kindOf,
  permissionsOf,
  textOf,
  type GaugeKeeper,
  type GaugeWrite,
} from "./gauge.ts";

/** The write may not have been kept, and is tried again. */
const laterStatuses = new Set([408, 429]);

export class PushGauges implements GaugeKeeper {
  readonly source = pushSource;
  readonly canMove = false;
  readonly #record: PushRecord;
  readonly #url: string;

  constructor({ record, url }: { readonly record: PushRecord; readonly url: string }) {
    this.#record = record;
    this.#url = url;
  }

  keyOf(gauge: number): string {
    return `gauge/${gauge}.md`;
  }

  put(write: GaugeWrite): Promise<boolean> {
    const document = this.#documentOf(write);
    const { key, source: _source, ...body } = document;
    return this.#send(key, { method: "PUT", body, write: () => document });
  }

  delete(gauge: number): Promise<boolean> {
    return this.#send(this.keyOf(gauge), { method: "DELETE", write: () => null });
  }

  async #send(
    key: string,
    {
      write,
      ...asked
    }: { readonly method: string; readonly body?: unknown; readonly write: Write },
  ): Promise<boolean> {
    const path = documentPath(this.source, key);
    const answer = await send(this.#url, { ...asked, path }).catch(() => null);
    if (answer?.status === 202) {
      this.#record.wrote(key, write, (answer.body as { readonly token: string }).token);
      return true;
    }
    this.#record.wasCutOff(key, write);
    if (answer && answer.status < 500 && !laterStatuses.has(answer.status)) {
      throw new RangeError(`${asked.method} ${key}: ${JSON.stringify(answer)}`);
    }
    return false;
  }

  #documentOf({ gauge, isNarrow, reading, write }: GaugeWrite): PushedDocument {
    return {
      source: this.source,
      key: this.keyOf(gauge),
      content: textOf(gauge, reading),
      contentType: "text/markdown",
      metadata: { gauge, group: groupOf(gauge), write },
      permissions: permissionsOf(kindOf(gauge), { isNarrow, reading }),
      tenant: "*",
      archived: false,
    };
  }
}

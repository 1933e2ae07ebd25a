/** What can be asked of an open process: every operation, over its parts. */
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Generation } from "@tidemark/domain";
import {
  LateRestrictions,
  planGeneration,
  Replayer,
  RequestError,
  TidemarkService,
  type Auditor,
  type Call,
} from "@tidemark/pipeline";
import type { Config } from "@tidemark/runtime";
import { auditCall, openAuditor } from "./audits.ts";
import { askCosts } from "./costs.ts";
import { examine } from "./doctor.ts";
import type { OpenedEmbedder } from "./embedders.ts";
import { objectivesOf } from "./objectives.ts";
import type { Parts } from "./open-parts.ts";
import { keeperOf } from "./roles.ts";
import type { PartWatch } from "./part-watch.ts";
import type { WantedRecipe } from "./recipe.ts";
import { askSentinels } from "./sentinels.ts";
import { systemClock } from "./world.ts";

/** Takes the fingerprint that is meant; answers what is being built. */
export const applyCall: Call<string, Generation> = {
  name: "apply",
  of: "freshness service",
  withinMs: 60_000,
};

const idLength = 12;

export function openService(
  parts: Parts,
  wanted: { readonly embedder: OpenedEmbedder; readonly recipe: WantedRecipe },
  watch: PartWatch,
): { readonly service: TidemarkService; readonly auditor: Auditor | null } {
  const { catalogue, contents, extractor, generations, keeper, ledger, measuring, shared } = parts;
  const { config, dataDirectory, version } = parts.options;
  const { database, index, log } = parts.stores;
  const { embedder, recipe } = wanted;
  const objectives = objectivesOf(config);
  const service: TidemarkService = new TidemarkService({
    version,
    dataDirectory: database ? dataDirectory : null,
    log,
    history: log,
    index,
    catalogue,
    generations,
    board: parts.board,
    ledger,
    freshness: parts.freshness,
    troubles: () => watch.troubles(null),
    clock: systemClock,
    sources: parts.sources.served,
    tenantsRequired: config.tenants.required,
    restrictions: new LateRestrictions({
      behind: parts.restrictionsBehind,
      freshness: parts.freshness,
      withinMs: (source) => objectives.of(source, null).restriction.withinMs,
      refuses: (source) => config.sources[source]?.whenRestrictionsLate === "refuse",
    }),
    replayer: new Replayer({ log, catalogue, clock: systemClock, newId: replayId }),
    plan: () =>
      planGeneration(catalogue.active, recipe.recipe, {
        log,
        contents,
        extractor,
        countTokens: (text) => embedder.embedder.countTokens(text),
        tokensPerText: recipe.recipe.embedder.kind === "onnx" ? 2 : 0,
        price: priceOf(config),
        tokensPerMinute: null,
      }),
    async apply() {
      if (!shared || parts.options.roles.has("keep")) await keeper.build(recipe);
      else {
        const built = await shared.calls.ask(applyCall, recipe.fingerprint);
        if (built.fingerprint !== recipe.fingerprint) {
          throw new RequestError(
            409,
            "other-config",
            "the freshness service has another config: restart it with this one",
          );
        }
      }
    },
    audit: (request) => {
      if (auditor) return auditor.audit(request, parts.stop);
      if (shared) return shared.calls.ask(auditCall, request, keeperOf(shared));
      throw new RequestError(501, "not-here", "nothing is audited in this process");
    },
    embedQueued: () => shared?.reports.embedQueued() ?? parts.embedders.queuedNow(),
    async backup(path) {
      if (!database) {
        throw new RequestError(
          501,
          "not-here",
          "nothing is kept in this process: back up Kafka and Qdrant with their own tools",
        );
      }
      await database.backup(path);
      return { path, bytes: (await stat(path)).size };
    },
    doctor: async () => examine(parts, embedder.note, await service.freshness()),
    costs: () => askCosts(parts),
    sentinels: (options) => askSentinels(parts, options),
    observeSearch: (part, ms) => measuring.searched(part, ms),
    observeIncomplete: (reason) => measuring.incomplete(reason),
    rechunk: parts.rechunk,
    accept: (ids) => catalogue.accept(ids),
  });
  const auditor = parts.options.roles.has("keep") ? openAuditor(parts, service) : null;
  return { service, auditor };
}

/** Short enough to be typed. */
function replayId(): string {
  return randomUUID().slice(-idLength);
}

function priceOf(config: Config) {
  const embedder = config.embedders[config.vectors.embedder];
  return embedder?.kind === "openai" ? (embedder.price ?? null) : null;
}

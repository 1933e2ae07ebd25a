/** How brokers are signed in to and trusted: what the config says, with files and secrets read. */
import { readFileSync } from "node:fs";
import type { LogConfig } from "@tidemark/runtime";

type KafkaConfig = Extract<LogConfig, { readonly kind: "kafka" }>;

export function securityOf({ sasl, tls }: Pick<KafkaConfig, "sasl" | "tls">) {
  return {
    ...(sasl && { sasl: { ...sasl, password: sasl.password.reveal() } }),
    ...(tls && { tls: pemOf(tls) }),
  };
}

function pemOf(tls: {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}) {
  const read = (path: string | undefined) => (path ? readFileSync(path, "utf8") : undefined);
  const [ca, cert, key] = [read(tls.ca), read(tls.cert), read(tls.key)];
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

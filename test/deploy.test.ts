/** What `docker compose up` would start, as far as files can tell. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashKey, parseKeys } from "@tidemark/api";
import { loadConfig, type Config } from "@tidemark/runtime";
import { parse } from "yaml";
import { keyFiles, makeKeys } from "../deploy/compose/make-keys.ts";
import {
  mebibytes,
  ownServices,
  readComposeFile,
  readRepository,
  repositoryPath,
  root,
  type ComposeService,
} from "./deploy/compose-file.ts";

const compose = readComposeFile();
const services = Object.entries(compose.services);
const own = ownServices(compose);
/** They end, and whoever needs them waits for that. */
const jobs = ["init", "debezium-init"];
const names = (list: readonly (readonly [string, unknown])[]) => list.map(([name]) => name);
const configOf = (service: ComposeService): Config => {
  const files = (service.command ?? []).filter((argument) => argument.endsWith(".yaml"));
  return loadConfig({
    files: files.map((name) => ({
      name: join("/etc/tidemark", name),
      text: readRepository(repositoryPath(service, join("/etc/tidemark", name)) ?? name),
    })),
    environment: service.environment ?? {},
    readFile: () => "made by the init job",
  }).config;
};

test("every image is pinned, and the page on services tells what was started of it", () => {
  const images = services.map(([, { image }]) => image);
  const page = readRepository("docs/services.md");

  expect(
    images.filter((image) => !/^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+|\.Final)?$/u.test(image)),
  ).toEqual([]);
  expect(images.filter((image) => !page.includes(`\`${image}\``))).toEqual([]);
});

test("what goes on running says whether it is well; only jobs end", () => {
  const without = services.filter(([, { healthcheck }]) => healthcheck === undefined);

  expect(names(without).toSorted()).toEqual(jobs.toSorted());
  const ending = services.filter(([, { restart }]) => restart === "no");
  expect(names(ending).toSorted()).toEqual(jobs.toSorted());
});

test("every port is on loopback", () => {
  const ports = services.flatMap(([, service]) => service.ports ?? []);

  expect(ports.length).toBeGreaterThan(0);
  expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/u.test(port))).toEqual([]);
});

test("memory is limited, and a service's own bound is below its container's", () => {
  const unlimited = services.filter(([, service]) => service.mem_limit === undefined);
  const above = own.filter(
    ([, service]) =>
      mebibytes(service.environment?.["TIDEMARK_MEMORY_MAX"] ?? "") >=
      mebibytes(service.mem_limit ?? ""),
  );

  expect(names(unlimited)).toEqual([]);
  expect(names(above)).toEqual([]);
});

test("every service of the repository is started, by its name", () => {
  const inOneProcess = new Set(["cli", "embedded"]);
  const built = readdirSync(join(root, "services")).filter((name) => !inOneProcess.has(name));

  expect(built.filter((name) => !names(own).includes(name))).toEqual([]);
  expect(own.map(([, { command }]) => command?.[1])).toEqual(names(own));
});

test("what a service waits for is there, and goes on only when it is well", () => {
  const wrong = services.flatMap(([name, { depends_on: needs = {} }]) =>
    Object.entries(needs)
      .filter(([needed, { condition }]) => {
        const expected = jobs.includes(needed)
          ? "service_completed_successfully"
          : "service_healthy";
        return !(needed in compose.services) || condition !== expected;
      })
      .map(([needed]) => `${name} → ${needed}`),
  );

  expect(wrong).toEqual([]);
});

test("files and volumes that are mounted exist", () => {
  const mounts = services.flatMap(([, { volumes = [] }]) =>
    volumes.map((volume) => volume.split(":")[0] ?? ""),
  );
  const missing = mounts.filter((from) =>
    from.startsWith("./") ? !existsSync(join(root, from)) : !(from in compose.volumes),
  );

  expect(missing).toEqual([]);
});

test("Prometheus loads every file of rules, and Grafana every board", () => {
  const { grafana, prometheus } = compose.services;
  if (!grafana || !prometheus) throw new Error("compose starts Prometheus and Grafana");
  const placeOf = (service: ComposeService, path: string) => repositoryPath(service, path);
  const { rule_files: patterns } = parse(readRepository("deploy/prometheus/prometheus.yml")) as {
    readonly rule_files: readonly string[];
  };
  const { providers } = parse(
    readRepository("deploy/grafana/provisioning/dashboards/tidemark.yaml"),
  ) as { readonly providers: readonly { readonly options: { readonly path: string } }[] };

  const rules = patterns.map((pattern) => placeOf(prometheus, pattern));
  const dashboards = providers.map(({ options }) => placeOf(grafana, options.path));

  expect(rules).toEqual(["deploy/prometheus/rules/*.yml"]);
  expect(dashboards).toEqual(["deploy/grafana/dashboards"]);
});

test("each of our containers runs with less than Docker gives", () => {
  const ours = services.filter(([, { build }]) => build !== undefined);

  expect(names(ours).toSorted()).toEqual([...names(own), ...jobs].toSorted());
  for (const [, service] of ours) {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], init: true });
  }
});

describe.each(own)("%s", (_name, service) => {
  test("its config is right, and is of services on Kafka and Qdrant", () => {
    const config = configOf(service);

    expect(config.log.kind).toBe("kafka");
    expect(config.index.kind).toBe("qdrant");
    expect(config.embedders["minilm"]).toMatchObject({ endpoint: "dns:///embedder:7400" });
    expect(config.server.keys).toBeDefined();
  });

  test("it is given longer to stop than it takes to drain", () => {
    const graceMs = Number.parseInt(service.stop_grace_period ?? "0", 10) * 1000;

    expect(graceMs).toBeGreaterThan(configOf(service).server.drainMs);
  });
});

test("what can be written to has a probe, which asks the gateway with a key that is made", () => {
  const [, first] = own[0] ?? [];
  if (!first) throw new Error("there is a service");
  const { probes, sources } = configOf(first);
  const written = readRepository("deploy/compose/cluster.yaml");
  const probed = Object.values(sources).filter((source) => "probe" in source && source.probe);

  expect(probed.map(({ name }) => name)).toEqual(["uploads", "shop"]);
  expect(names(own)).toContain(URL.parse(probes.url ?? "")?.hostname);
  expect(URL.parse(probes.url ?? "")?.port).toBe(String(configOf(first).server.listen.port));
  const { probe } = keyFiles({ shared: "/run/tidemark", operator: "/run/operator" });
  expect(written).toContain(`apiKey: "\${file:${probe}}"`);
});

test("the init job reads the config that the services read", () => {
  const { init } = compose.services;
  const [, first] = own[0] ?? [];
  if (!init || !first) throw new Error("there is an init job and a service");

  expect(configOf(init).sources).toEqual(configOf(first).sources);
});

describe("the profile debezium", () => {
  const { debezium, "debezium-init": registering } = compose.services;
  const [, first] = own[0] ?? [];
  if (!debezium || !registering || !first) throw new Error("there is a Debezium, and who uses it");
  const settings = JSON.parse(
    readRepository(repositoryPath(registering, registering.command?.at(-1) ?? "") ?? ""),
  ) as Readonly<Record<string, string>>;
  const command = first.command?.map((argument) =>
    argument === "tidemark.yaml" ? "debezium.yaml" : argument,
  );
  const { sources } = configOf({ ...first, ...(command ? { command } : {}) });

  test("is of those who are not started otherwise, and nobody else waits for them", () => {
    const profiled = services.filter(([, { profiles = [] }]) => profiles.length > 0);
    const others = services.filter(([name]) => !names(profiled).includes(name));
    const needed = others.flatMap(([, { depends_on: needs = {} }]) => Object.keys(needs));

    expect(names(profiled)).toEqual(["debezium", "debezium-init"]);
    expect(profiled.map(([, { profiles }]) => profiles)).toEqual([["debezium"], ["debezium"]]);
    expect(needed.filter((name) => names(profiled).includes(name))).toEqual([]);
  });

  test("has a config that is the other one with a source more", () => {
    const { warehouse, ...rest } = sources;

    expect(rest).toEqual(configOf(first).sources);
    expect(warehouse?.kind).toBe("debezium");
  });

  test("has topics that its connector writes, of the tables that it maps", () => {
    const { "table.include.list": tables = "", "topic.prefix": prefix } = settings;
    const { warehouse } = sources;
    if (warehouse?.kind !== "debezium") throw new Error("it is Debezium's");

    expect(warehouse.topics).toEqual([
      ...tables.split(",").map((table) => `${prefix}.${table}`),
      `__debezium-heartbeat.${prefix}`,
    ]);
    expect(Object.keys(warehouse.tables)).toEqual(tables.split(","));
  });

  test("signs in as the sample database lets it, and reads a slot of its own", () => {
    const shop = readRepository("deploy/compose/postgres/shop.sql");
    const { "database.password": password, "database.user": user } = settings;
    const url = new URL(own[0]?.[1].environment?.["SHOP_DATABASE_URL"] ?? "");

    expect(shop).toContain(`create role ${user} login replication password '${password}'`);
    expect(shop).toContain(`create publication ${settings["publication.name"]} for table`);
    expect([url.hostname, url.pathname]).toEqual([
      settings["database.hostname"],
      `/${settings["database.dbname"]}`,
    ]);
    expect(settings["slot.name"]).not.toBe("tidemark_shop");
  });
});

test("keys are made once, known by their hashes, and one of them finds nothing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-keys-"));
  const files = keyFiles({ shared: directory, operator: directory });
  const text = (file: string) => readFileSync(file, "utf8").trim();
  try {
    expect(await makeKeys({ shared: directory, operator: directory })).toBe(true);
    const made = Object.values(files).map(text);
    expect(await makeKeys({ shared: directory, operator: directory })).toBe(false);

    expect(Object.values(files).map(text)).toEqual(made);
    const records = parseKeys(text(files.records));
    const recordOf = (file: string) => records.find(({ hash }) => hash === hashKey(text(file)));
    expect(recordOf(files.operator)).toMatchObject({ scopes: ["admin"] });
    expect(recordOf(files.metrics)).toMatchObject({ sources: ["none"] });
    expect(recordOf(files.probe)).toMatchObject({
      scopes: ["search"],
      principals: ["tidemark:probe"],
    });
    expect(text(files.records)).not.toContain(text(files.operator));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("Prometheus asks every service, with keys that the init job makes", () => {
  const { scrape_configs: jobs } = parse(readRepository("deploy/prometheus/prometheus.yml")) as {
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly authorization?: { readonly credentials_file: string };
      readonly dns_sd_configs?: readonly { readonly names: readonly string[] }[];
    }[];
  };
  const asked = jobs.flatMap((job) => job.dns_sd_configs ?? []).flatMap((found) => found.names);
  const credentials = jobs.flatMap((job) => job.authorization?.credentials_file ?? []);
  const { metrics, qdrant } = keyFiles({ shared: "/run/tidemark", operator: "/run/operator" });

  expect(asked.toSorted()).toEqual(names(own).toSorted());
  expect(credentials.toSorted()).toEqual([metrics, qdrant]);
});

test("Grafana finds Prometheus, and dashboards where they are mounted", () => {
  const { grafana } = compose.services;
  if (!grafana) throw new Error("there is a Grafana");
  const read = (path: string) =>
    parse(readRepository(repositoryPath(grafana, `/etc/grafana/provisioning/${path}`) ?? path));
  const { datasources } = read("datasources/prometheus.yaml") as {
    readonly datasources: readonly { readonly url: string }[];
  };
  const { providers } = read("dashboards/tidemark.yaml") as {
    readonly providers: readonly { readonly options: { readonly path: string } }[];
  };
  const folders = providers.map(({ options }) => repositoryPath(grafana, options.path));

  expect(datasources.map(({ url }) => URL.parse(url)?.hostname)).toEqual(["prometheus"]);
  expect(folders).toEqual(["deploy/grafana/dashboards"]);
});

describe("the image", () => {
  const lines = readRepository("deploy/Dockerfile").split("\n");
  const stages = lines.filter((line) => line.startsWith("FROM "));

  test("has a base that is an argument, pinned, and the same in every stage", () => {
    const base = /^ARG BASE=(?<image>\S+)$/mu.exec(lines.join("\n"))?.groups?.["image"];

    expect(stages.map((stage) => stage.split(" ")[1])).toEqual(stages.map(() => "${BASE}"));
    expect(base).toMatch(/^node:24\.\d+\.\d+-\w+-slim$/u);
    expect(own.map(([, { build }]) => build?.args["BASE"])).toEqual(own.map(() => base));
  });

  test("runs as somebody who is not root", () => {
    const users = lines
      .slice(lines.lastIndexOf(stages.at(-1) ?? ""))
      .filter((line) => line.startsWith("USER "));

    expect(users).toEqual(["USER 1000:1000"]);
  });

  test("is made of files that are there and that Docker is given", () => {
    const copied = lines
      .filter((line) => /^COPY (?!--from)/u.test(line))
      .flatMap((line) => line.split(" ").slice(1, -1))
      .filter((path) => path !== ".");
    const given = readRepository(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const isGiven = (path: string) =>
      given.some((each) => each === path || each.startsWith(`${path}/`));

    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(copied.filter((path) => !isGiven(path))).toEqual([]);
  });
});

test("the walk-through is a script that a shell can run", () => {
  const script = readRepository("deploy/walkthrough.sh");

  expect(script.startsWith("#!/bin/sh\n")).toBe(true);
  expect(script).toContain("set -eu");
});

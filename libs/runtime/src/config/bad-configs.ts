/** Config files that are wrong in one way each, for the tests. */
/** A config, and what is told of it: `line:column path | what | fix`, all of it, in order. */
export interface BadConfig {
  readonly about: string;
  readonly text: string;
  readonly told: readonly string[];
}

export const versionLine = "version: 1\n";
const folder = "sources:\n  docs:\n    kind: folder\n    path: ./docs\n";

export const badConfigs: readonly BadConfig[] = [
  {
    about: "an empty file",
    text: "",
    told: ["1:1 version | is missing | write version: 1 at the top of each file"],
  },
  {
    about: "no version",
    text: "sources: {}\n",
    told: ["1:1 version | is missing | write version: 1 at the top of each file"],
  },
  {
    about: "a version of the future, of which nothing else is said",
    text: "version: 2\nsuorces: {}\n",
    told: ["1:10 version | 2 is not a known version | write version: 1 at the top of each file"],
  },
  {
    about: "a misspelled version",
    text: "verison: 1\n",
    told: ["1:1 verison | is missing | did you mean version?"],
  },
  {
    about: "a list where the file's keys belong",
    text: "- version: 1\n",
    told: ["1:1 version | this is not a known version | write version: 1 at the top of each file"],
  },
  {
    about: "a misspelled section",
    text: `${versionLine}suorces: {}\n`,
    told: ['2:1 suorces | "suorces" is not a known key | did you mean sources?'],
  },
  {
    about: "a key that is near nothing",
    text: `${versionLine}telemetry: {}\n`,
    told: ['2:1 telemetry | "telemetry" is not a known key | take it away'],
  },
  {
    about: "a misspelled required key, told once",
    text: `${versionLine}sources:\n  docs:\n    kind: folder\n    pth: ./docs\n`,
    told: ['5:5 sources.docs.pth | "pth" is not a known key | did you mean path?'],
  },
  {
    about: "a missing required key, at the map that lacks it",
    text: `${versionLine}sources:\n  docs:\n    kind: folder\n`,
    told: ["3:3 sources.docs.path | is missing | add it, such as ./handbook"],
  },
  {
    about: "a source without a kind",
    text: `${versionLine}sources:\n  docs: { path: ./docs }\n`,
    told: ["3:3 sources.docs.kind | is missing | add kind: folder, or another of them"],
  },
  {
    about: "a misspelled kind",
    text: `${versionLine}sources:\n  docs: { kind: floder, path: . }\n`,
    told: ['3:17 sources.docs.kind | "floder" is not a known kind | did you mean folder?'],
  },
  {
    about: "a source that is not a map",
    text: `${versionLine}sources:\n  docs: ./docs\n`,
    told: [
      "3:9 sources.docs | what stands here is not a map of keys | write its keys below it, indented",
    ],
  },
  {
    about: "sources without a value",
    text: `${versionLine}sources:\n`,
    told: ["2:9 sources | has no value | write its value, or take the key away"],
  },
  {
    about: "a name that ids cannot carry",
    text: `${versionLine}sources:\n  my docs: { kind: push }\n`,
    told: [
      '3:3 sources["my docs"] | "my docs" is not a name | use letters, digits, "-" and "_", 64 at most, such as handbook',
    ],
  },
  {
    about: "a duration without a unit",
    text: `${versionLine}${folder}    scan: 5\n`,
    told: ["6:11 sources.docs.scan | 5 is not a duration | did you mean 5s?"],
  },
  {
    about: "a duration with a foreign unit",
    text: `${versionLine}${folder}    scan: 5 minutes\n`,
    told: ['6:11 sources.docs.scan | "5 minutes" is not a duration | write 5m'],
  },
  {
    about: "a duration below its bound",
    text: `${versionLine}${folder}    scan: 10ms\n`,
    told: ['6:11 sources.docs.scan | "10ms" is too small | write 5m'],
  },
  {
    about: "a value left empty",
    text: `${versionLine}${folder}    scan:\n`,
    told: ["6:10 sources.docs.scan | has no value | write 5m, or take the key away"],
  },
  {
    about: "a size with a short unit",
    text: `${versionLine}server:\n  memoryMax: 2g\n`,
    told: ['3:14 server.memoryMax | "2g" is not a size | did you mean 2GiB?'],
  },
  {
    about: "a count with separators",
    text: `${versionLine}tenants: { quota: { documents: "1,000,000" } }\n`,
    told: ['2:32 tenants.quota.documents | "1,000,000" is not a count | did you mean 1000000?'],
  },
  {
    about: "a count that is not whole",
    text: `${versionLine}vectors: { chunker: { maxTokens: 20.5 } }\n`,
    told: ["2:34 vectors.chunker.maxTokens | 20.5 is not a count | write 200"],
  },
  {
    about: "a share past the whole",
    text: `${versionLine}defaults: { hold: { share: 10 } }\n`,
    told: ["2:28 defaults.hold.share | 10 is not a share | did you mean 10%?"],
  },
  {
    about: "a YAML 1.1 boolean",
    text: `${versionLine}tenants: { required: yes }\n`,
    told: ['2:22 tenants.required | "yes" is neither true nor false | write true or false'],
  },
  {
    about: "a choice that is not one",
    text: `${versionLine}generations: { onChange: aply }\n`,
    told: ['2:26 generations.onChange | "aply" is not one of the choices | did you mean apply?'],
  },
  {
    about: "a window with a schedule and a wait",
    text: `${versionLine}defaults:\n  window: { wait: 5s, schedule: "0 3 * * *" }\n`,
    told: [
      "3:11 defaults.window | a map has both a schedule and a wait | keep schedule, or keep wait and max",
    ],
  },
  {
    about: "a schedule of four fields",
    text: `${versionLine}defaults:\n  window: { schedule: "0 3 * *" }\n`,
    told: ['3:23 defaults.window.schedule | "0 3 * *" is not a schedule | write "0 3 * * *"'],
  },
  {
    about: "a principal that is not in a list",
    text: `${versionLine}defaults: { permissions: "group:hr" }\n`,
    told: ['2:26 defaults.permissions | "group:hr" does not say who may read | write ["group:hr"]'],
  },
  {
    about: "an unknown key in one of several shapes",
    text: `${versionLine}sources:\n  s:\n    kind: s3\n    bucket: { name: acme-kb }\n    permissions: { tga: readers }\n`,
    told: ['6:20 sources.s.permissions.tga | "tga" is not a known key | did you mean tag?'],
  },
  {
    about: "a pattern that is not in a list",
    text: `${versionLine}${folder}    include: "**/*.md"\n`,
    told: ['6:14 sources.docs.include | "**/*.md" is not a list | write ["**/*.md", "**/*.pdf"]'],
  },
  {
    about: "a rule that does nothing, and one without a pattern",
    text: `${versionLine}${folder}    rules:\n      - { match: "hr/**" }\n      - { archived: true }\n`,
    told: [
      "7:9 sources.docs.rules[0] | the rule does nothing | add permissions, metadata, tenant or archived",
      '8:9 sources.docs.rules[1].match | is missing | add it, such as "hr/**"',
    ],
  },
  {
    about: "metadata with something nested",
    text: `${versionLine}${folder}    rules: [{ match: a, metadata: { area: { of: hr } } }]\n`,
    told: [
      "6:43 sources.docs.rules[0].metadata.area | a map is neither a value nor a list of values | write a text, a number, true, false, or a list of these",
    ],
  },
  {
    about: "an embedder that is not there",
    text: `${versionLine}vectors: { embedder: minilim }\n`,
    told: ['2:22 vectors.embedder | "minilim" is not under embedders | did you mean minilm?'],
  },
  {
    about: "an objective of a source that is not there, and one that promises nothing",
    text: `${versionLine}objectives:\n  - { source: wiki, change: 99% within 60s }\n  - { over: 30d }\n`,
    told: [
      '3:15 objectives[0].source | "wiki" is not under sources | add it under sources, or name another',
      "4:5 objectives[1] | the objective promises nothing | add change: 99% within 60s",
    ],
  },
  {
    about: "an objective without room",
    text: `${versionLine}objectives: [{ change: 100% within 60s }]\n`,
    told: [
      '2:24 objectives[0].change | "100% within 60s" is not an objective | write 99% within 60s',
    ],
  },
  {
    about: "gates that are not given",
    text: `${versionLine}generations: { promote: gates }\n`,
    told: [
      "2:25 generations.promote | no gates are given | add gates with a golden file, or write promote: complete",
    ],
  },
  {
    about: "a tenant that is required and absent, except where each document names it",
    text: `${versionLine}tenants: { required: true }\n${folder}  app: { kind: push }\n`,
    told: [
      '4:3 sources.docs.tenant | is missing | add tenant, or tenant: "*" for what every tenant may see',
    ],
  },
  {
    about: "an open port without keys",
    text: `${versionLine}server: { listen: "0.0.0.0:8787" }\n`,
    told: [
      '2:19 server.listen | "0.0.0.0:8787" is reached from other machines, and there are no keys | add keys: "${file:/run/secrets/tidemark-keys}", or listen on 127.0.0.1',
    ],
  },
  {
    about: "a port past the last",
    text: `${versionLine}server: { listen: 127.0.0.1:87870 }\n`,
    told: ['2:19 server.listen | "127.0.0.1:87870" is not an address | write "127.0.0.1:8787"'],
  },
  {
    about: "a budget without a price, and a URL with credentials, which are not printed",
    text: `${versionLine}embedders:\n  o:\n    kind: openai\n    baseUrl: https://u:hunter2@example.com/v1\n    model: m\n    dimensions: 8\n    budget: { perDay: 5 }\n`,
    told: [
      "5:14 embedders.o.baseUrl | the URL carries credentials | take them out of the URL and give the key in its own field",
      "8:13 embedders.o.budget | the budget has no price | add price: { perMillionTokens: 0.02 }",
    ],
  },
  {
    about: "a table without its schema, a text without a column, a condition without a value",
    text: `${versionLine}sources:\n  crm:\n    kind: debezium\n    topics: [crm.note]\n    brokers: ["kafka:9092"]\n    tables:\n      note: { key: id, text: "{{body}}" }\n      public.a: { key: id, text: body }\n      public.b: { key: id, text: "{{body}}", where: { column: spam } }\n      public.c: { key: id, text: "{{body}}", where: { column: spam, is: null, not: 1 } }\n`,
    told: [
      '8:7 sources.crm.tables.note | "note" is not a table | write public.products',
      '9:34 sources.crm.tables["public.a"].text | "body" is not a template | write "{{name}}\\n\\n{{description}}"',
      '10:53 sources.crm.tables["public.b"].where | the condition has no value | write { column: status, in: [discontinued] } or { column: spam, is: false }',
      '11:53 sources.crm.tables["public.c"].where | the condition compares more than once | write { column: status, in: [discontinued] } or { column: spam, is: false }',
    ],
  },
  {
    about: "Debezium topics on no broker",
    text: `${versionLine}sources:\n  crm:\n    kind: debezium\n    topics: [crm.note]\n    tables: { public.note: { key: id, text: "{{body}}" } }\n`,
    told: ["3:3 sources.crm.brokers | is missing | add brokers: [kafka.data:9093]"],
  },
  {
    about: "Debezium topics of no table, hints for what cannot be read, and a type that is none",
    text: `${versionLine}sources:\n  a: { kind: push }\n  b:\n    kind: debezium\n    topics: [b]\n    brokers: ["kafka:9092"]\n  c:\n    kind: debezium\n    topics: [c]\n    brokers: ["kafka:9092"]\n    hints: { public.q: { source: a, key: k }, public.r: { source: z, key: k } }\n    tables: { public.t: { key: id, text: "{{a}}", types: { p: money } } }\n`,
    told: [
      '4:3 sources.b.tables | is missing | add tables: { public.note: { key: id, text: "{{body}}" } }',
      '12:34 sources.c.hints["public.q"].source | "a" cannot be asked for a document | name a source of the kind folder or s3',
      '12:67 sources.c.hints["public.r"].source | "z" cannot be asked for a document | name a source of the kind folder or s3',
      '13:63 sources.c.tables["public.t"].types.p | "money" is not a column type | write numeric(12,2)',
    ],
  },
  {
    about: "a broker without a port",
    text: `${versionLine}log: { kind: kafka, brokers: [kafka] }\n`,
    told: ['2:31 log.brokers[0] | "kafka" is not a broker | write kafka.data:9093'],
  },
  {
    about: "a key that stands twice",
    text: `${versionLine}server: {}\nserver: {}\n`,
    told: ["3:1  | the key stands here twice | keep one of them"],
  },
  {
    about: "a tab",
    text: `${versionLine}sources:\n\tdocs: {}\n`,
    told: ["3:1  | a tab indents this line | replace the tab by spaces"],
  },
  {
    about: "a bracket left open",
    text: `${versionLine}sources: { docs: { kind: push }\n`,
    told: [
      "3:1  | Flow map in block collection must be sufficiently indented and end with a } | close what is open, or align it with the keys beside it",
    ],
  },
  {
    about: "a second document",
    text: `${versionLine}---\nversion: 1\n`,
    told: [
      "2:1  | a second document begins here | move it to a file of its own and give both: --config a.yaml --config b.yaml",
    ],
  },
  {
    about: "a tag",
    text: `${versionLine}server: !!js/function {}\n`,
    told: [
      "2:9  | Unresolved tag: tag:yaml.org,2002:js/function | write the value without a tag, or in quotes",
    ],
  },
  {
    about: "variables that are not set and a file that cannot be read, together",
    text: `${versionLine}embedders:\n  o: { kind: openai, baseUrl: "https://a.test", model: m, dimensions: 8, apiKey: "\${env:NO_KEY}" }\nserver: { keys: "\${file:/no/keys}" }\n`,
    told: [
      "3:82 embedders.o.apiKey | ${env:NO_KEY} is not set | set NO_KEY where this process starts",
      "4:17 server.keys | ${file:/no/keys} cannot be read (ENOENT) | make /no/keys a file that this process may read",
    ],
  },
  {
    about: "a reference in the manner of a shell",
    text: `${versionLine}server: { keys: "\${KEYS}" }\n`,
    told: ["2:17 server.keys | ${KEYS} is not a reference | write ${env:KEYS}"],
  },
  {
    about: "a probe whose document its source does not take",
    text: `${versionLine}${folder}    exclude: ["own/**"]\n    probe: { key: own/probe.md }\n`,
    told: [
      '7:19 sources.docs.probe.key | "own/probe.md" is not a document of this source | name a key that include takes and exclude leaves, or add this one to include',
    ],
  },
  {
    about: "a probe that is to be found later than it is written over",
    text: `${versionLine}${folder}    probe: { every: 30s }\n`,
    told: [
      '6:5 sources.docs.probe.within | "60s" is longer than a round | write within: 30s, or a longer every',
    ],
  },
  {
    about: "a probe of what is no text",
    text: `${versionLine}${folder}    probe: { key: probe.pdf }\n`,
    told: [
      '6:19 sources.docs.probe.key | "probe.pdf" is not a key of a probe | write tidemark-probe.md',
    ],
  },
  {
    about: "probes where nothing of ours can be written",
    text: `${versionLine}sources:\n  app: { kind: push, probe: {} }\n  crm: { kind: debezium, brokers: [a:1], topics: [t], tables: { a.b: { key: id, text: "{{c}}" } }, probe: {} }\n`,
    told: [
      "3:22 sources.app.probe | there is nothing here that a probe could be written to | take it away, and probe a source of the kind folder, s3 or postgres",
      "4:100 sources.crm.probe | there is nothing here that a probe could be written to | take it away, and probe a source of the kind folder, s3 or postgres",
    ],
  },
  {
    about: "a probe outside of a bucket's prefix, and one that nobody could read",
    text: `${versionLine}sources:\n  a: { kind: s3, permissions: public, bucket: { name: aaa, prefix: kb/ }, probe: {} }\n  b: { kind: s3, bucket: { name: bbb }, probe: {} }\n`,
    told: [
      '3:75 sources.a.probe.key | "tidemark-probe.md" is not below the bucket\'s prefix | write kb/tidemark-probe.md',
      "4:48 sources.b.probe | nobody could find it | write permissions: public, or those of somebody, for the source",
    ],
  },
  {
    about: "a probe in a table that is not mapped",
    text: `${versionLine}sources:\n  shop:\n    kind: postgres\n    url: "postgres://a@localhost/a"\n    tables: { public.notes: { key: id, text: "{{b}}", permissions: public } }\n    probe: { table: public.note, column: b, row: { id: 0 } }\n`,
    told: [
      '7:21 sources.shop.probe.table | "public.note" is not under tables | did you mean public.notes?',
    ],
  },
  {
    about:
      "a probe's row without its key, its tenant and its readers, and its text where none is made of",
    text: `${versionLine}sources:\n  shop:\n    kind: postgres\n    url: "postgres://a@localhost/a"\n    tables: { public.notes: { key: id, text: "{{b}}", tenant: t, permissions: { column: r } } }\n    probe: { table: public.notes, column: c, row: { c: 0 } }\n`,
    told: [
      '7:43 sources.shop.probe.column | "c" is no part of the table\'s text | write b',
      "7:46 sources.shop.probe.row.id | is missing | add id, such as row: { id: 0 }",
      "7:46 sources.shop.probe.row.r | is missing | add r, such as row: { r: 0 }",
      "7:46 sources.shop.probe.row.t | is missing | add t, such as row: { t: 0 }",
      "7:56 sources.shop.probe.row.c | the column is written with the probe's text | take it away from the row",
    ],
  },
  {
    about: "a probe that has no key to search with",
    text: `${versionLine}server: { keys: "\${env:SHOP}" }\n${folder}    probe: {}\n`,
    told: ['1:1 probes.apiKey | is missing | add probes: { apiKey: "${env:TIDEMARK_PROBE_KEY}" }'],
  },
  {
    about: "a database reached without verification, of whose URL nothing is printed",
    text: `${versionLine}sources:\n  shop:\n    kind: postgres\n    url: "\${env:SHOP}"\n    replication: { slot: Tidemark, publication: p }\n    tables: { public.a: { key: id, text: "{{b}}" } }\n`,
    told: [
      "5:10 sources.shop.url | the connection would not be verified | add ?sslmode=verify-full to the URL",
      '6:26 sources.shop.replication.slot | "Tidemark" is not a replication name | write tidemark_shop',
    ],
  },
];

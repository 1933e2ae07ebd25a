/** The probe in one process, and what only there is seen of it. */
import { createKey, hashKey } from "@tidemark/api";
import { probedFiles, probeScenarios, untilProbe } from "./scenarios/probe.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

const testMs = 120_000;
const onlyProbes = { tenants: ["tidemark:probe"], principals: ["tidemark:probe"] };

probeScenarios("in one process", (options) => EmbeddedDeployment.start(options));

test(
  "a source that cannot be written to is told, and its probe is found again when it can",
  async () => {
    await using deployment = await EmbeddedDeployment.start({ files: probedFiles });
    await untilProbe(deployment, "found");

    await deployment.unmount("empty");
    const { lagMs, reason } = await untilProbe(deployment, "unwritable");
    await deployment.remount();
    await untilProbe(deployment, "found");

    expect(lagMs).toBeNull();
    expect(reason).toContain("root");
    const doctor = await deployment.api.doctor();
    expect(doctor.find(({ check }) => check === "probe of files")?.verdict).toBe("ok");
  },
  testMs,
);

test(
  "where keys are needed, one for the reader of probes alone is enough, and an unknown one is told",
  async () => {
    const [operator, own] = [createKey(), createKey()];
    const keys = [
      { name: "operator", hash: hashKey(operator), scopes: ["admin"], tenants: "*" },
      { name: "probe", hash: hashKey(own), scopes: ["search"], ...onlyProbes },
    ];
    const secrets = {
      keys: keys.map((key) => JSON.stringify(key)).join("\n"),
      own,
      unknown: createKey(),
    };
    const server = { keys: "${file:secrets/keys}" };
    const options = { files: { ...probedFiles, permissions: ["group:hr"] }, secrets };
    const probes = (name: string) => ({ apiKey: `\${file:secrets/${name}}` });
    await using deployment = await EmbeddedDeployment.start({
      ...options,
      config: { server, probes: probes("own") },
    });
    const api = () => deployment.api.withKey(operator);
    await untilProbe({ api: api() }, "found");

    await deployment.reconfigure({ ...options, config: { server, probes: probes("unknown") } });
    const { reason } = await untilProbe({ api: api() }, "unanswered");

    expect(reason).toMatch(/answers 401 key-unknown$/u);
    expect(deployment.log()).not.toContain(secrets.unknown);
  },
  testMs,
);

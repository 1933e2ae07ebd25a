import { addressOf } from "./connection.ts";

test.each([
  ["http://127.0.0.1:6333", { host: "127.0.0.1", port: 6333, https: false, prefix: "" }],
  ["http://qdrant", { host: "qdrant", port: 6333, https: false, prefix: "" }],
  ["https://qdrant.data/", { host: "qdrant.data", port: 6333, https: true, prefix: "" }],
  ["https://gate:443/qdrant/", { host: "gate", port: 443, https: true, prefix: "/qdrant" }],
  ["http://gate:80", { host: "gate", port: 80, https: false, prefix: "" }],
  ["https://[::1]:6334", { host: "[::1]", port: 6334, https: true, prefix: "" }],
])("an address is taken whole: %s", (url, expected) => {
  expect(addressOf(url)).toEqual(expected);
});

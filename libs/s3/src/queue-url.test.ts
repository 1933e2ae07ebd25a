import { isOfAws, regionOf } from "./queue-url.ts";

test.each([
  ["https://sqs.eu-central-1.amazonaws.com/123456789012/kb", "eu-central-1", true],
  ["https://sqs-fips.us-east-1.amazonaws.com/1/kb", "us-east-1", true],
  ["https://sqs.cn-north-1.amazonaws.com.cn/1/kb", "cn-north-1", true],
  ["https://eu-west-1.queue.amazonaws.com/1/kb", "eu-west-1", true],
  ["https://vpce-1a-2b.sqs.eu-west-1.vpce.amazonaws.com/1/kb", "eu-west-1", true],
  ["https://queue.amazonaws.com/1/kb", null, true],
  ["http://127.0.0.1:9324/000000000000/kb", null, false],
])("%s is in %s", (url, region, ofAws) => {
  expect(regionOf(url)).toBe(region);
  expect(isOfAws(url)).toBe(ofAws);
});

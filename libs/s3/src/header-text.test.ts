import { headerText } from "./header-text.ts";

test.each([
  ["plain", "plain"],
  ["=?UTF-8?B?w7xiZXI=?=", "über"],
  ["=?UTF-8?Q?=C3=BCber_uns?=", "über uns"],
  ["=?UTF-8?B?w7xi?= =?UTF-8?B?ZXI=?=", "über"],
  [Buffer.from("über").toString("latin1"), "über"],
  ["\u00e9t\u00e9", "été"],
  ["已", "已"],
])("%j is read as %j", (written, text) => {
  expect(headerText(written)).toBe(text);
});

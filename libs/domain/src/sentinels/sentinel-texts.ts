/**
 * The fixed texts whose vectors must not move, and the questions whose neighbours are compared. They
 * are of our own writing and not taken from what is indexed: they hold nobody's content, outlive
 * every document, and come in families of which each shows one kind of change and is blind to the
 * others. Changing a text makes it another sentinel, with a baseline of its own.
 */

export const sentinelFamilies = [
  "word",
  "plain",
  "long",
  "case",
  "accents",
  "space",
  "symbols",
  "numbers",
  "scripts",
] as const;
export type SentinelFamily = (typeof sentinelFamilies)[number];

export interface Sentinel {
  readonly family: SentinelFamily;
  readonly text: string;
}

/** One token each: of another vocabulary only those move whose entry changed. */
const words =
  "water music house paper river garden window market summer winter engine letter doctor school " +
  "forest bridge silver island planet animal coffee leather shadow number memory signal copper " +
  "station history science kitchen machine village weather morning teacher picture library " +
  "mountain language";

/** Lower-case letters and single spaces alone, at most twenty words: nothing to clean or cut. */
const plain = [
  "the index is a copy of its sources and has to be kept fresh",
  "a small boat crossed the lake before the storm began",
  "return the product within thirty days to get your money back",
  "the engine stops when oil pressure falls below the limit",
  "she planted three rows of beans along the southern wall",
  "reset the password from the account page and sign in again",
  "bread dough rises faster in a warm kitchen",
  "the court heard both sides and closed the case in june",
  "copper conducts heat better than iron does",
  "backups are taken every night and kept for two weeks",
  "the train to the coast leaves from platform nine",
  "vaccines train the immune system to recognize a virus",
  "our office is closed on public holidays",
  "the painter mixed blue and yellow until the green looked right",
  "an old map showed a road that nobody could find",
  "memory is allocated once and reused for every request",
  "the committee agreed to raise the budget for schools",
  "salmon swim up the river to lay their eggs",
  "press the red button to stop the machine at once",
  "the contract ends when either side gives notice in writing",
  "stars appear to move because the earth turns",
  "the nurse checked his temperature twice during the night",
  "sales fell in spring and recovered by the end of summer",
  "never share your private key with anyone",
];

/** Built of plain sentences, so that only where a text is cut decides whether they move. */
function longTexts(): string[] {
  return Array.from({ length: 12 }, (_, at) => {
    const turned = [...plain.slice(at * 2), ...plain.slice(0, at * 2)];
    const sentences = Array.from({ length: 12 + at * 6 }, (_, place) => turned[place % 24] ?? "");
    return sentences.join(" and then ");
  });
}

const cased = [
  "THE SERVER REFUSED THE REQUEST",
  "Please Send The Signed Form To Human Resources",
  "getUserById calls loadAccountFromCache",
  "NASA and ESA Launched A Joint Mission To Mars",
  "WARNING Do Not Open While Running",
  "MyClassName ExtendsBaseHandler",
  "iPhone macOS GitHub PostgreSQL JavaScript",
  "The Ministry Of Health Published New Rules",
  "HTTP TLS DNS TCP And UDP Are Protocols",
  "March Will Meet May In Turkey",
  "USER LOGGED IN FROM NEW DEVICE",
  "McDonald And O Brien Met In New York",
];

/** Composed here: another normal form writes each of them otherwise. */
const accents = [
  "le café d\u00e9j\u00e0 ferm\u00e9 \u00e0 No\u00ebl",
  "\u00c4nderungen \u00fcber Stra\u00dfen und Br\u00fccken gr\u00f6\u00dfer",
  "el ni\u00f1o comi\u00f3 pi\u00f1a en la monta\u00f1a",
  "ti\u1ebfng Vi\u1ec7t c\u00f3 nhi\u1ec1u d\u1ea5u thanh",
  "\u010de\u0161tina m\u00e1 \u0159e\u017e\u00e1k a \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148",
  "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc740 \uc870\ud569\ub41c \uae00\uc790\ub97c \uc4f4\ub2e4",
  "\u30ac\u30e9\u30b9\u3068\u30d1\u30f3\u3068\u30d0\u30ca\u30ca",
  "\u03ac\u03bd\u03b8\u03c1\u03c9\u03c0\u03bf\u03c2 \u03ba\u03b1\u03af \u03b8\u03ac\u03bb\u03b1\u03c3\u03c3\u03b1",
  "\ufb01ne \ufb02our of o\ufb03ce \ufb03ling",
  "x\u00b2 + y\u00b2 = r\u00b2 and \u00bd of \u2460",
  "\uff26\uff55\uff4c\uff4c\uff57\uff49\uff44\uff54\uff48 \uff54\uff45\uff58\uff54",
  "S\u00e3o Paulo, Malm\u00f6, Krak\u00f3w and Reykjav\u00edk",
];

const spaced = [
  "  two spaces stand before this",
  "a tab\tbetween\twords",
  "trailing spaces follow here   ",
  "one line\nanother line\nand a third",
  "windows\r\nline\r\nendings",
  "a paragraph\n\n\n\nfar from the next",
  "no\u00a0break\u00a0spaces\u00a0here",
  "   \n\t surrounded by all of them \t\n ",
  "wide    gaps     between      words",
  "zero\u200bwidth\u200bspaces",
  "if (ready) {\n    start();\n        wait();\n}",
  "- one\n  - two\n    - three\n",
];

const symbols = [
  "const total = items.reduce((sum, { price }) => sum + price, 0);",
  "<p>Read the <b>manual</b> &amp; the <a href='/faq'>FAQ</a>.</p>",
  "SELECT id, name FROM users WHERE email LIKE '%@example.org' -- all",
  "https://example.org/path/to?query=1&lang=en#part",
  "Wait... what?! (No, really!) \u2014 yes; it's \u201cquoted\u201d.",
  "\ud83d\ude80 shipped \ud83c\udf89 thanks \ud83d\udc4d\ud83c\udffd to all \u2764\ufe0f",
  "## Heading\n\n- [x] done\n- [ ] **not** done `yet`",
  'def f(x): return {"a": [x ** 2, x // 3], "b": not x}',
  "~/.config/app.toml != /etc/app.d/*.conf",
  "name@example.org; +tag@example.org, <root@localhost>",
  "\u2200x \u2208 S: x \u2264 y \u21d2 f(x) \u2260 \u221e",
  "[2026-03-01T12:00:00Z] ERROR db::pool - timeout!",
];

const numbers = [
  "invoice 20417 of 1 March 2026 over 1,249.50 euros",
  "version 3.11.4 replaces 3.9.18",
  "call 555 0142 or 555 0199 between 9 and 17",
  "the flight takes 7 hours 35 minutes at 11000 metres",
  "192.168.0.17 answers in 3 ms",
  "order 00041 has 12 items of 0.75 kg",
  "pi is about 3.14159265358979",
  "in 1969 and in 1972 people walked on the moon",
  "error 404 was counted 9 times and error 503 twice",
  "the loan of 250000 runs 30 years at 4.25 percent",
  "a7f3e9b2 4c1d 11ee be56 0242ac120002",
  "temperatures from minus 40 to 85 degrees",
];

const scripts = [
  "\u7d22\u5f15\u662f\u6765\u6e90\u7684\u526f\u672c\uff0c\u5fc5\u987b\u4fdd\u6301\u65b0\u9c9c",
  "\u9000\u8ca8\u8acb\u5728\u4e09\u5341\u5929\u5167\u63d0\u51fa",
  "\u0438\u043d\u0434\u0435\u043a\u0441 \u0434\u043e\u043b\u0436\u0435\u043d \u0431\u044b\u0442\u044c \u0441\u0432\u0435\u0436\u0438\u043c",
  "\u0627\u0644\u0641\u0647\u0631\u0633 \u0646\u0633\u062e\u0629 \u0645\u0646 \u0627\u0644\u0645\u0635\u0627\u062f\u0631",
  "\u05d4\u05de\u05e4\u05ea\u05d7 \u05d4\u05d5\u05d0 \u05e2\u05d5\u05ea\u05e7 \u05e9\u05dc \u05d4\u05de\u05e7\u05d5\u05e8\u05d5\u05ea",
  "\u0938\u0942\u091a\u0915\u093e\u0902\u0915 \u0924\u093e\u091c\u093c\u093e \u0939\u094b\u0928\u093e \u091a\u093e\u0939\u093f\u090f",
  "\u0e14\u0e31\u0e0a\u0e19\u0e35\u0e15\u0e49\u0e2d\u0e07\u0e43\u0e2b\u0e21\u0e48\u0e40\u0e2a\u0e21\u0e2d",
  "die rechnung ist innerhalb von vierzehn tagen zu zahlen",
  "la garantie couvre deux ans de pannes",
  "el servidor no responde desde esta noche",
  "o contrato termina quando uma das partes avisa",
  "mixed english \u0438 \u0440\u0443\u0441\u0441\u043a\u0438\u0439 and \u4e2d\u6587 text",
];

const of = (family: SentinelFamily, texts: readonly string[]): Sentinel[] =>
  texts.map((text) => ({ family, text }));

/** At least 100, in a fixed order. */
export const sentinels: readonly Sentinel[] = [
  ...of("word", words.split(" ")),
  ...of("plain", plain),
  ...of("long", longTexts()),
  ...of("case", cased),
  ...of("accents", accents),
  ...of("space", spaced),
  ...of("symbols", symbols),
  ...of("numbers", numbers),
  ...of("scripts", scripts),
];

/** Asked of every index: what is nearest to them is not the point, only that it stays so. */
export const benchmarkQueries: readonly string[] = [
  "how do I reset my password",
  "what is the refund policy",
  "installation steps for a new server",
  "who approves an expense report",
  "why does the connection time out",
  "opening hours on public holidays",
  "how are backups restored",
  "error handling in the payment service",
  "what changed in the last release",
  "list of supported file formats",
  "privacy and personal data",
  "how to cancel a contract",
  "performance of the database",
  "contact for emergencies",
  "training material for new colleagues",
  "price of the yearly plan",
  "safety instructions for machines",
  "meeting notes about the budget",
  "how to write a good test",
  "travel booking rules",
  "network diagram of the office",
  "warranty for broken parts",
  "recipe with vegetables",
  "history of the company",
];

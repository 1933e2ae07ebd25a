const DROPPED = /<!--|<(script|style)\b/giu;

/** The text of a piece of raw HTML: its tags gone, what scripts and comments hold gone with them. */
export function markupText(markup: string): string {
  return withoutTags(withoutDropped(markup)).replaceAll(/\s+/gu, " ").trim();
}

function withoutDropped(markup: string): string {
  const lower = markup.toLowerCase();
  let kept = "";
  let from = 0;
  DROPPED.lastIndex = 0;
  for (let found = DROPPED.exec(markup); found !== null; found = DROPPED.exec(markup)) {
    kept += markup.slice(from, found.index);
    const closing = found[1] === undefined ? "-->" : `</${found[1].toLowerCase()}`;
    const end = lower.indexOf(closing, found.index);
    if (end < 0) return kept;
    from = lower.indexOf(">", end) + 1;
    if (from === 0) return kept;
    DROPPED.lastIndex = from;
  }
  return kept + markup.slice(from);
}

function withoutTags(markup: string): string {
  let kept = "";
  let from = 0;
  for (let open = markup.indexOf("<"); open >= 0; open = markup.indexOf("<", from)) {
    const close = markup.indexOf(">", open);
    if (close < 0) break;
    const tag = /^<\/?[a-z]/iu.test(markup.slice(open, open + 3));
    kept += `${markup.slice(from, open)}${tag ? " " : "<"}`;
    from = tag ? close + 1 : open + 1;
  }
  return kept + markup.slice(from);
}

/** Examples of the specifications that come out differently here, with the reason. */
const formula =
  "\\[ and \\( begin a formula, as models write them far more often than escaped brackets";
const autolink = "GFM's own extension makes a link of a bare address";
const xmpp = "no address of this kind can be opened";

export const deviations: Record<string, string> = {
  "CommonMark 12": formula,
  "CommonMark 14": formula,
  "CommonMark 484": "a link without a text shows its target, as nobody could find it otherwise",
  "CommonMark 602": autolink,
  "CommonMark 606": autolink,
  "CommonMark 608": autolink,
  "CommonMark 611": autolink,
  "CommonMark 612": autolink,
  "GFM 308": formula,
  "GFM 310": formula,
  "GFM 611": autolink,
  "GFM 615": autolink,
  "GFM 617": autolink,
  "GFM 620": autolink,
  "GFM 621": autolink,
  "GFM 633": xmpp,
  "GFM 634": xmpp,
  "GFM 635": xmpp,
};

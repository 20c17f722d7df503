/**
 * What the library gives for an element, without the CSS variables that we have no use for. WebKitGTK 2.50
 * tells the styles that it keeps apart by the address of the variables they inherit: below an element
 * that brings variables of its own, the style of each other element is kept anew each time, for as long
 * as the window lives.
 */
export function withoutVariables(props: Record<string, unknown>): Record<string, unknown> {
  const { style } = props;
  return typeof style === "string"
    ? { ...props, style: style.replace(/--[\w-]+:[^;]*(;|$)/g, "").trim() }
    : props;
}

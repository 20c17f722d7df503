/** The blocks that hold other blocks: quotes, lists with their items, footnotes. */
import type { Alert, Begin } from "./begin";
import type { Open } from "./line";
import { element, type Context } from "./options";

export interface Container {
  open: Open;
  element: HTMLElement;
}

/** A quote, with the look of what it is marked as. */
export function makeQuote(alert: Alert | undefined): HTMLElement {
  return element("blockquote", alert ? `md-alert md-alert-${alert}` : "");
}

/** Opens a container below the innermost open one, with the list around an item where needed. */
export function beginContainer(
  containers: Container[],
  begin: Begin,
  place: () => HTMLElement,
  context: Context,
): void {
  const top = containers.at(-1);
  const sameList =
    begin.kind === "item" && top?.open.kind === "list" && top.open.marker === begin.marker;
  if (top?.open.kind === "list" && !sameList) containers.pop();
  const parent = sameList ? top.element : place();
  switch (begin.kind) {
    case "quote": {
      const made = makeQuote(begin.alert);
      if (begin.alert) {
        made.append(element("p", "md-alert-title", context.labels.alert(begin.alert)));
      }
      parent.append(made);
      containers.push({ open: { kind: "quote" }, element: made });
      return;
    }
    case "footnote": {
      const made = element("div", "md-footnote");
      made.tabIndex = -1;
      made.append(element("span", "md-footnote-label", begin.label));
      parent.append(made);
      context.footnotes.define(begin.label, made);
      containers.push({ open: { kind: "footnote" }, element: made });
      return;
    }
    case "details": {
      const made = element("details");
      parent.append(made);
      containers.push({ open: { kind: "details", fresh: true }, element: made });
      return;
    }
    case "item": {
      let list = parent;
      if (!sameList) {
        list = beginList(begin);
        parent.append(list);
        containers.push({ open: { kind: "list", marker: begin.marker }, element: list });
      }
      const made = element("li");
      if (begin.task !== undefined) {
        made.className = "md-task";
        const box = element("input");
        box.type = "checkbox";
        box.disabled = true;
        box.defaultChecked = begin.task;
        made.append(box);
      }
      // A marker stands in the space in front of its list, which is wide enough for two digits.
      if (begin.start >= 100)
        list.classList.add(begin.start >= 1000 ? "md-thousands" : "md-hundreds");
      list.append(made);
      containers.push({ open: { kind: "item", indent: begin.indent, empty: true }, element: made });
    }
  }
}

/** Something begins after a blank line: says so of the list that it makes a loose one. */
export function loosen(
  containers: readonly Container[],
  matched: number,
  begin: Begin | undefined,
): void {
  let top = matched - 1;
  const list = containers[top];
  if (list?.open.kind === "list") {
    if (begin?.kind === "item" && begin.marker === list.open.marker) {
      list.element.classList.add("md-loose");
      return;
    }
    top -= 1;
  }
  const item = containers[top]?.open;
  if (item?.kind === "item" && !item.empty) containers[top - 1]?.element.classList.add("md-loose");
}

function beginList({ marker, start }: Begin & { kind: "item" }): HTMLElement {
  if (!/[.)]/.test(marker)) return element("ul");
  const list = element("ol");
  if (start !== 1) list.start = start;
  return list;
}

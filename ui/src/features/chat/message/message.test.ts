import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ProviderError } from "../../../backend/generated";
import { reported } from "../../../backend/memory/usage";
import { Page } from "../../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

test("Enter sends, Shift+Enter and an input method's Enter do not", async () => {
  page.type("Hello");
  expect(page.key("Enter", { shiftKey: true }).defaultPrevented).toBe(false);
  expect(page.key("Enter", { isComposing: true }).defaultPrevented).toBe(false);
  expect(page.backend.turns.size).toBe(0);
  expect(page.key("Enter").defaultPrevented).toBe(true);
  await page.turnAfter(0);
  expect(page.composer.value).toBe("");
});

test("a message that could not be sent comes back as the draft and is told", async () => {
  vi.spyOn(page.backend, "startTurn").mockRejectedValue({
    code: "storage",
    message: "The disk is full. Nothing was sent.",
  });
  page.type("Precious");
  page.key("Enter");
  await page.until(() => page.all("notice").length === 1);
  expect(page.composer.value).toBe("Precious");
  expect(page.get("notice").textContent).toContain("The disk is full.");
  expect(page.button("stop").disabled).toBe(true);
});

test("while an answer is written, what is typed stays and Send waits", async () => {
  await page.send("One");
  page.type("Two");
  page.key("Enter");
  expect(page.button("send").disabled).toBe(true);
  expect(page.composer.value).toBe("Two");
  expect(page.backend.turns.size).toBe(1);
});

test("each conversation has its own draft", async () => {
  const turn = await page.send("One");
  turn.complete(reported);
  page.type("for the first");
  page.key("n", { ctrlKey: true });
  expect(page.composer.value).toBe("");
  page.type("for a new one");
  page.key("ArrowDown", { altKey: true });
  await page.until(() => page.composer.value === "for the first");
});

test("parts carry kind and state, and only the last one takes the message's", async () => {
  const turn = await page.send("Hello");
  turn.reasoning("Let me see");
  expect(page.get("part").dataset).toMatchObject({ kind: "reasoning", state: "streaming" });
  expect(page.get("part").textContent).toContain("Thinking…");
  turn.reasoningEnded(4200);
  turn.text("The **answer**");
  const parts = page.all("part").slice(1);
  expect(parts.map(({ dataset }) => [dataset.kind, dataset.state])).toEqual([
    ["reasoning", "complete"],
    ["text", "streaming"],
  ]);
  expect(parts[0]?.textContent).toContain("Thought for 4 s");
  turn.complete(reported);
  expect(page.get("part").dataset.state).toBe("complete");
  expect(page.get("part").querySelector("strong")?.textContent).toBe("answer");
  expect(page.get("usage").dataset.source).toBe("reported");
});

test("c15_a_call_that_was_cut_off_shows_its_raw_arguments_and_that_it_did_not_run", async () => {
  const turn = await page.send("Look");
  turn.text("Let me look.");
  turn.toolArguments("c1", "search_files", '{"path": ".gith');
  expect(page.get("part").dataset.state).toBe("receiving-arguments");
  turn.toolArguments("c1", "search_files", 'ub", "pattern": "ca');
  page.key("Escape");
  const card = await page.until(
    () => page.get("part").dataset.state === "interrupted-before-run" && page.get("part"),
  );
  expect(card.dataset.kind).toBe("tool-call");
  expect(card.textContent).toContain("Cut off · not executed");
  expect(card.querySelector("pre")?.textContent).toBe(
    '{"path": ".github", "pattern": "castopped here',
  );
});

test("the arguments of parallel calls go to their own cards", async () => {
  const turn = await page.send("Look");
  turn.toolArguments("a", "one", "1");
  turn.toolArguments("b", "two", "2");
  turn.toolArguments("a", "one", "1");
  const shown = await page.until(() => {
    const texts = page
      .all("part")
      .slice(1)
      .map((card) => card.querySelector("pre")?.textContent);
    return texts[0] === "11" && texts;
  });
  expect(shown).toEqual(["11", "2"]);
});

test("a reload in mid-stream shows the answer without gap or double and goes on", async () => {
  const turn = await page.send("Hello");
  turn.text("one ");
  turn.text("two ");
  page = await page.reload();
  await page.until(() => page.workspace.thread && page.all("message").length === 2);
  await page.until(() => page.answer.textContent.includes("one two"));
  turn.text("three");
  await page.until(() => page.get("part").textContent === "one two three");
  expect(page.button("stop").disabled).toBe(false);
  turn.complete(reported);
  expect(page.answer.dataset.state).toBe("complete");
});

test("an answer that goes on elsewhere is whole when its conversation is opened again", async () => {
  const turn = await page.send("One");
  turn.text("a");
  page.button("new-conversation").click();
  turn.text("b");
  page.key("ArrowDown", { altKey: true });
  await page.until(() => page.all("message").length === 2);
  turn.text("c");
  await page.until(() => page.get("part").textContent === "abc");
});

test("an error says what happened, keeps the provider's words folded, and can be retried", async () => {
  const error: Partial<ProviderError> = {
    category: "authentication",
    message: "The key was refused. Check it in the settings.",
    providerText: "invalid_api_key",
    status: 401,
  };
  (await page.send("Hello")).fail(error);
  const block = page.get("error");
  expect(block.dataset.category).toBe("authentication");
  expect(block.textContent).toContain("The key was not accepted");
  expect(block.querySelector("details")?.textContent).toContain("invalid_api_key");
  expect(page.answer.dataset).toMatchObject({ state: "incomplete", cause: "provider-error" });
  page.button("retry").click();
  const again = await page.turnAfter(1);
  again.text("Now it works");
  expect(page.get("branches").textContent).toMatch(/2\/2/);
  page.button("stop").click();
  await page.until(() => again.end);
  page.button("branch-previous").click();
  expect(page.all("error")).toHaveLength(1);
});

test("an edited message becomes a branch and the first one stays", async () => {
  (await page.send("One")).complete(reported);
  page.button("edit").click();
  expect(page.field("edit-text").value).toBe("One");
  page.key("Enter", {}, page.fill("edit-text", "Another one"));
  const turn = await page.turnAfter(1);
  turn.complete(reported);
  expect(page.all("message")[0]?.textContent).toContain("Another one");
  page.button("branch-previous").click();
  expect(page.all("message")[0]?.textContent).toContain("One");
});

test("what makes way for a branch leaves the focus in the composer", async () => {
  const stopped = await page.send("One");
  stopped.text("Half");
  page.key("Escape");
  await page.until(() => page.all("continue").length === 1);
  for (const [at, control] of ["continue", "retry", "edit-send"].entries()) {
    if (control === "edit-send") {
      page.button("edit").click();
      page.fill("edit-text", "Another one");
    }
    page.button(control).focus();
    page.button(control).click();
    const turn = await page.turnAfter(at + 1);
    await page.until(() => document.activeElement === page.composer);
    turn.complete(reported);
    await page.until(() => page.workspace.currentTurn === undefined);
  }
});

test("the screen reader hears the start and the end and not every word", async () => {
  const turn = await page.send("Hello");
  expect(page.get("announcer").textContent.trim()).toBe("Answer started");
  turn.text("Some words");
  expect(page.get("announcer").textContent.trim()).toBe("Answer started");
  expect(document.querySelector("[role=log]")?.getAttribute("aria-live")).toBe("off");
  page.key("Escape");
  await page.until(() => page.get("announcer").textContent.trim() === "Stopped");
});

test("c23_a_figure_that_becomes_known_after_the_end_takes_the_place_of_the_estimate", async () => {
  const turn = await page.send("Hello");
  turn.text("Half an answer");
  turn.interrupt("user", turn.receipt("user", null));
  expect(page.get("usage").dataset.source).toBe("estimated");
  const { conversationId, id: messageId } = turn.message;
  page.backend.news({ type: "usage-settled", conversationId, messageId, usage: reported });
  expect(page.get("usage").dataset.source).toBe("reported");
  expect(page.get("usage").textContent).toContain("9");
});

test("news of a conversation that is not on screen changes nothing on it", async () => {
  const turn = await page.send("Hello");
  turn.text("Half an answer");
  turn.interrupt("user", turn.receipt("user", null));
  const { id: messageId } = turn.message;
  const conversationId = crypto.randomUUID();
  page.backend.news({ type: "usage-settled", conversationId, messageId, usage: reported });
  expect(page.get("usage").dataset.source).toBe("estimated");
});

test("a complete answer without a word says so and offers Retry", async () => {
  const turn = await page.send("Hello");
  turn.complete(reported);
  expect(page.get("remark").textContent).toContain("returned no text");
  expect(page.button("retry").disabled).toBe(false);
});

test("an answer of reasoning alone says so, and one with words says nothing", async () => {
  let turn = await page.send("Hello");
  turn.reasoning("Let me see");
  turn.complete(reported);
  expect(page.get("remark").textContent).toContain("without an answer");
  turn = await page.send("Again");
  turn.text("Here.");
  turn.complete(reported);
  expect(page.all("remark")).toHaveLength(1);
});

test("what arrived is said to be kept only where something arrived", async () => {
  const error: ProviderError = {
    category: "network",
    message: "It broke.",
    providerText: null,
    status: null,
    retryAfterMs: null,
    retryable: false,
  };
  let turn = await page.send("Hello");
  turn.fail(error);
  expect(page.all("remark")).toHaveLength(0);
  turn = await page.send("Again");
  turn.text("Half");
  turn.fail(error);
  expect(page.get("remark").textContent).toContain("What arrived is kept");
});

test("what a request that failed took is told at the end", async () => {
  const turn = await page.send("Hello");
  turn.text("Rubble.");
  turn.finish({
    state: "complete",
    finishReason: "stop",
    usage: reported,
    failedAttempts: [{ ...reported, source: "running", outputTokens: 5 }],
  });
  expect(page.get("part").textContent).toContain("Rubble.");
  expect(page.get("failed-attempts").textContent).toContain("5 out");
});

test("c04_what_cannot_be_saved_is_told_while_it_is_written_and_can_be_copied", async () => {
  const turn = await page.send("Hello");
  turn.text("Rubble");
  expect(page.all("unsaved")).toHaveLength(0);
  turn.cannotSave("The disk is full. What was saved before is safe. Free some space.");
  const warning = page.get("unsaved");
  expect(warning.textContent).toContain("Not saved yet. The disk is full.");
  expect(warning.textContent).toContain("Nothing is lost while Tacet is open");
  expect(warning.querySelector("[data-testid=copy]")).not.toBeNull();
  turn.cannotSave(null);
  expect(page.all("unsaved")).toHaveLength(0);
});

test("c04_an_end_that_is_not_saved_says_so_until_it_is_also_after_a_reload", async () => {
  const turn = await page.send("Hello");
  turn.text("Rubble");
  const reason = "The disk is full.";
  turn.finish({ state: "complete", finishReason: "stop", usage: reported, unsaved: reason });
  expect(page.get("unsaved").textContent).toContain(reason);
  const { conversationId, id: messageId } = turn.message;
  const view = page.backend.conversations.get(conversationId);
  view?.unsaved.push({ messageId, reason });
  page = await page.reload();
  await page.until(() => page.all("unsaved").length === 1);
  page.backend.news({ type: "saved", conversationId, messageId, receipt: null });
  await page.until(() => page.all("unsaved").length === 0);
  expect(page.get("part").textContent).toContain("Rubble");
});

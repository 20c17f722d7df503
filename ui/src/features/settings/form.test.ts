import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

async function add(): Promise<void> {
  page.workspace.layers.openProvider(null, false);
  await page.until(() => page.all("provider-form").length === 1);
}

test("a preset fills in the fields, says what Stop does there and where keys are made", async () => {
  await add();
  page.fill("provider-preset", "Gemini");
  await page.until(() => page.field("provider-name").value === "Gemini");
  expect(page.field("provider-api").value).toBe("gemini");
  expect(page.field("provider-url").value).toMatch(/\/v1beta$/);
  expect(page.field("provider-key-env").value).toBe("GEMINI_API_KEY");
  expect(page.get("preset-effect").textContent).toContain("may keep billing after you stop");
  page.button("keys-page").click();
  expect(page.backend.openedLinks).toEqual(["https://aistudio.google.com/apikey"]);
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  expect(page.backend.settings.providers.at(-1)).toMatchObject({ id: "gemini", api: "gemini" });
});

test("an address is demanded only where no provider is meant by itself", async () => {
  await add();
  expect(page.field("provider-url").required).toBe(true);
  for (const api of ["openai-responses", "gemini", "ollama", "anthropic"]) {
    page.fill("provider-api", api);
    await page.until(() => !page.field("provider-url").required);
    const hint = document.getElementById(
      page.field("provider-url").getAttribute("aria-describedby") ?? "",
    );
    expect(hint?.textContent).toContain("Leave it empty");
  }
  page.fill("provider-api", "embedded");
  await page.until(() => page.all("provider-url").length === 0);
  expect(page.all("provider-key")).toHaveLength(0);
  expect(page.get("provider-api").querySelectorAll("option")).toHaveLength(7);
});

test("draining is chosen with its limits and what it costs beside it", async () => {
  await add();
  page.fill("provider-name", "Exact");
  page.fill("provider-url", "https://exact.example/v1");
  expect(page.field("drain-tokens").disabled).toBe(true);
  page.field("on-stop-drain").click();
  await page.until(() => !page.field("drain-tokens").disabled);
  page.fill("drain-tokens", "200");
  page.fill("drain-seconds", "7");
  expect(page.get("provider-form").textContent).toContain("You pay for what is still written");
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  const saved = page.backend.settings.providers.at(-1);
  expect(saved?.onStop).toEqual({ drain: { tokens: 200, seconds: 7 } });
});

test("Gemini Interactions answer in the background where the preset is chosen", async () => {
  await add();
  page.fill("provider-preset", "Gemini Interactions");
  await page.until(() => page.field("provider-name").value === "Gemini Interactions");
  expect(page.field("provider-background").checked).toBe(true);
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  expect(page.backend.settings.providers.at(-1)).toMatchObject({
    api: "gemini-interactions",
    background: true,
  });
});

test("a limit for the first word is kept, taken away, and refused where it is none", async () => {
  page.workspace.layers.settings = true;
  await page.until(() => page.all("first-word-timeout").length === 1);
  const write = (text: string): void => {
    page.field("first-word-timeout").value = text;
    page.field("first-word-timeout").dispatchEvent(new Event("change", { bubbles: true }));
  };
  write("90");
  await page.until(() => page.backend.settings.firstWordTimeoutSeconds === 90);
  write("0");
  await page.until(() => page.all("notice").length === 1);
  await page.until(() => page.field("first-word-timeout").value === "90");
  write("");
  await page.until(() => page.backend.settings.firstWordTimeoutSeconds === null);
});

test("the switch for the background is there for OpenAI Responses and Gemini Interactions only", async () => {
  await add();
  expect(page.all("provider-background")).toHaveLength(0);
  page.fill("provider-api", "openai-responses");
  await page.until(() => page.all("provider-background").length === 1);
  page.field("provider-background").click();
  page.fill("provider-name", "Behind");
  page.fill("provider-ca-certificate", "lab.pem");
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  const saved = page.backend.settings.providers.at(-1);
  expect(saved).toMatchObject({ background: true, caCertificate: "lab.pem", baseUrl: null });
});

test("what a provider has stands in its form, and its test says what is wrong", async () => {
  page.workspace.layers.openProvider("example", false);
  await page.until(() => page.all("provider-form").length === 1);
  expect(page.all("provider-preset")).toHaveLength(0);
  expect(page.field("provider-url").value).toBe("https://models.example/v1");
  page.fill("provider-key", "wrong");
  page.button("provider-test").click();
  await page.until(() => page.all("provider-result").length === 1);
  expect(page.get("provider-result").textContent).toContain("The server refused the key");
});

test("the rest stands under Advanced, and the form says where requests go", async () => {
  await add();
  expect(page.get("provider-id").closest("details")).not.toBeNull();
  expect(page.get("provider-key").closest("details")).toBeNull();
  expect(page.get("provider-models").closest("details")).toBeNull();
  page.fill("provider-url", "http://127.0.0.1:4000/v1");
  await page.until(() => page.all("requests-go-to").length === 1);
  expect(page.get("requests-go-to").textContent).toContain("/v1/chat/completions");
  // A proxy here may bill: nothing is called local by itself.
  await page.until(() => page.all("provider-local").length === 1);
  expect(page.field("provider-local").checked).toBe(false);
});

test("http to another machine is questioned in words", async () => {
  await add();
  page.fill("provider-url", "http://192.168.1.5:8080/v1");
  await page.until(() => page.all("provider-allow-unencrypted").length === 1);
  expect(page.field("provider-allow-unencrypted").checked).toBe(false);
  expect(page.get("provider-form").textContent).toContain("can be read on the way");
});

test("what was typed is not thrown away unasked, neither by a preset nor by Cancel", async () => {
  await add();
  page.fill("provider-key", "sk-typed");
  page.fill("provider-preset", "Gemini");
  await page.until(() => page.all("discard").length === 1);
  expect(page.field("provider-key").value).toBe("sk-typed");
  page.button("discard-yes").click();
  await page.until(() => page.field("provider-name").value === "Gemini");
  expect(page.field("provider-key").value).toBe("");
  page.fill("provider-name", "Mine");
  page.button("provider-cancel").click();
  await page.until(() => page.all("discard").length === 1);
  expect(page.all("provider-form")).toHaveLength(1);
  page.button("discard-yes").click();
  await page.until(() => page.all("provider-form").length === 0);
});

function isAdvanced(testid: string): boolean {
  return page.get(testid).closest("details") !== null;
}

test("of a known provider the form asks for key and models, and of a server its address", async () => {
  await add();
  expect(isAdvanced("provider-name") || isAdvanced("provider-url")).toBe(false);
  page.fill("provider-preset", "Gemini");
  await page.until(() => page.field("provider-name").value === "Gemini");
  expect(isAdvanced("provider-name") && isAdvanced("provider-url")).toBe(true);
  expect(isAdvanced("provider-key") || isAdvanced("provider-models")).toBe(false);
  page.fill("provider-preset", "Ollama");
  await page.until(() => page.field("provider-name").value === "Ollama");
  expect(isAdvanced("provider-url")).toBe(false);
});

test("a field under Advanced that keeps the form from being saved is shown", async () => {
  await add();
  page.fill("provider-preset", "Gemini");
  await page.until(() => page.field("provider-name").value === "Gemini");
  const advanced = page.get("provider-name").closest("details");
  expect(advanced?.open).toBe(false);
  page.fill("provider-name", "");
  page.button("provider-save").click();
  await page.until(() => advanced?.open === true);
  expect(page.all("provider-form")).toHaveLength(1);
});

test("neither Esc nor Close nor another provider's form throws away what was typed", async () => {
  page.workspace.layers.openProvider("example", false);
  await page.until(() => page.all("provider-form").length === 1);
  page.fill("provider-key", "sk-typed");
  const escape = (): unknown =>
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  const leave = [
    escape,
    () => page.button("settings-panel-close").click(),
    () => page.workspace.layers.openProvider(null, false),
  ];
  for (const act of leave) {
    act();
    await page.until(() => page.all("discard").length === 1);
    expect(document.activeElement).toBe(page.get("discard-no"));
    // Esc is the answer that loses nothing.
    escape();
    await page.until(() => page.all("discard").length === 0);
    expect(page.all("settings-panel")).toHaveLength(1);
    expect(page.field("provider-key").value).toBe("sk-typed");
  }
  page.button("settings-panel-close").click();
  await page.until(() => page.all("discard").length === 1);
  page.button("discard-yes").click();
  await page.until(() => page.all("settings-panel").length === 0);
});

test("a key that was pasted inside an address is told, and moves to its own field", async () => {
  await add();
  page.fill("provider-name", "Mine");
  page.fill("provider-url", "https://models.example/v1?key=sk-pasted");
  await page.until(() => page.all("key-in-address").length === 1);
  expect(page.all("requests-go-to")).toHaveLength(0);
  page.button("move-key").click();
  await page.until(() => page.all("key-in-address").length === 0);
  expect(page.field("provider-url").value).toBe("https://models.example/v1");
  expect(page.field("provider-key").value).toBe("sk-pasted");
});

test("headers and a proxy are saved, and of their values nothing is shown again", async () => {
  const saved = vi.spyOn(page.backend, "saveProvider");
  await add();
  page.fill("provider-name", "Mine");
  page.fill("provider-url", "https://models.example/v1");
  page.button("provider-header-add").click();
  await page.until(() => page.all("provider-header").length === 1);
  page.fill("provider-header-name", "X-Team");
  page.fill("provider-header", "hunter2");
  page.fill("provider-proxy", "http://ann:hunter3@proxy.example:3128");
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  expect(saved.mock.lastCall?.[0]).toMatchObject({
    headers: { "X-Team": "hunter2" },
    proxy: "http://ann:hunter3@proxy.example:3128",
  });
  page.workspace.layers.openProvider("mine", false);
  await page.until(() => page.all("provider-header").length === 1);
  expect(page.field("provider-header-name").value).toBe("X-Team");
  expect([page.field("provider-header").value, page.field("provider-proxy").value]).toEqual([
    "",
    "",
  ]);
  expect(document.body.innerHTML).not.toContain("hunter");
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  expect(saved.mock.lastCall?.[0]).toMatchObject({ headers: { "X-Team": null }, proxy: null });
  page.workspace.layers.openProvider("mine", false);
  await page.until(() => page.all("provider-proxy-forget").length === 1);
  page.field("provider-proxy-forget").click();
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  expect(saved.mock.lastCall?.[0].proxy).toBe("");
});

import { expect, test } from "vitest";
import { presets } from "../../backend/memory/samples";
import { draftOf, fieldsOf, freeId, idFrom, withPreset } from "./draft";

const empty = fieldsOf(null);

test("an id that was left empty is made from the name", () => {
  expect(idFrom("  My Server (work) ")).toBe("my-server-work");
  expect(draftOf({ ...empty, name: "Ärger & Co." }, []).id).toBe("rger-co.");
  expect(draftOf({ ...empty, name: "Any", id: "kept_as.typed" }, []).id).toBe("kept_as.typed");
});

test("an id that is made is nobody else's", () => {
  expect(freeId("Open AI", ["open-ai", "open-ai-2"])).toBe("open-ai-3");
});

test("empty lines and spaces around models are not models", () => {
  expect(draftOf({ ...empty, models: "a\n\n b \n" }, []).models).toEqual(["a", "b"]);
});

test("what was left empty is none", () => {
  const draft = draftOf({ ...empty, apiKeyEnv: "  ", baseUrl: " ", caCertificate: " " }, []);
  expect(draft).toMatchObject({ apiKeyEnv: null, baseUrl: null, caCertificate: null });
});

test("a stop closes unless draining was chosen, with its limits", () => {
  expect(draftOf(empty, []).onStop).toBe("close");
  const drained = draftOf({ ...empty, drain: true, drainTokens: 9, drainSeconds: 4 }, []);
  expect(drained.onStop).toEqual({ drain: { tokens: 9, seconds: 4 } });
});

test("only OpenAI Responses answers in the background", () => {
  const background = { ...empty, background: true };
  expect(draftOf({ ...background, api: "openai-responses" }, []).background).toBe(true);
  expect(draftOf({ ...background, api: "gemini" }, []).background).toBe(false);
});

test("a preset fills what it knows and leaves the rest", () => {
  const [preset] = presets;
  if (!preset) throw new Error("there is no preset");
  expect(withPreset({ ...empty, models: "mine" }, preset)).toMatchObject({
    name: "OpenAI",
    api: "openai-responses",
    baseUrl: "https://api.openai.com/v1",
    apiKeyEnv: "OPENAI_API_KEY",
    models: "mine",
  });
});

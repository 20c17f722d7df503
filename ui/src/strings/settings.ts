/** The words of the settings. */
import type { Api } from "../backend/generated";

export const apiNames: Record<Api, string> = {
  "openai-chat": "OpenAI-compatible (Chat Completions)",
  "openai-responses": "OpenAI Responses",
  anthropic: "Anthropic Messages",
  gemini: "Gemini",
  "gemini-interactions": "Gemini Interactions",
  ollama: "Ollama",
  embedded: "Built-in model",
};

/** What an address of each API looks like. */
export const addressHints: Record<Api, string> = {
  "openai-chat": "With /v1 where the server's documentation has it: http://localhost:8080/v1",
  "openai-responses": "With /v1. Leave it empty for OpenAI itself.",
  anthropic: "Without /v1. Leave it empty for Anthropic itself.",
  gemini: "With /v1beta. Leave it empty for Google itself.",
  "gemini-interactions": "With /v1beta. Leave it empty for Google itself.",
  ollama: "Without /v1 or /api. Leave it empty for the Ollama on this computer.",
  embedded: "",
};

export const settingsStrings = {
  settings: "Settings",
  providers: "Providers",
  theme: "Appearance",
  themes: { system: "System", light: "Light", dark: "Dark" },
  data: "Data",
  dataDir: "Data folder:",
  version: (version: string) => `Tacet ${version}`,
  embedded: "Built-in, works offline",
  editProvider: "Edit",
  removeProvider: "Remove",
  providerName: "Name",
  providerId: "Id",
  providerIdHint: "Letters, digits, - _ and . : it stands before the model's name",
  providerUrl: "Address",
  preset: "Provider",
  presetNone: "Another server",
  providerApi: "API",
  keysPage: (provider: string) => `Get an API key from ${provider}`,
  providerModels: "Models",
  providerModelsHint: "One per line; leave empty to use the server's own list",
  providerKey: "API key",
  providerKeyEnv: "or the environment variable that holds it",
  keyStored: "Key saved. Type to replace it.",
  keyLocked: "The keychain is locked and holds this provider's key. Unlock it to use the key.",
  keyElsewhere: (origin: string) =>
    `The saved key is for ${origin} and is sent nowhere else. Enter the key for this address.`,
  keyInAddress:
    "There is a key in this address. Addresses are saved in a file that can be read; keys are not.",
  moveKey: "Move it to the key field",
  requestsGoTo: "Requests go to",
  inClear: (origin: string) =>
    `Send unencrypted: ${origin} is another machine, and over http:// the key and conversations can be read on the way.`,
  localModel: "The model runs on this computer",
  localModelHint: "Then nobody bills for it. Leave it off for a proxy that asks a paid service.",
  useAddress: (address: string) => `Use ${address}`,
  advanced: "Advanced",
  discard: "Discard what you typed?",
  discardYes: "Discard",
  keepEditing: "Keep editing",
  keyFromEnvironment: "Taken from the environment variable.",
  keyNone: "No key saved. Local servers often need none.",
  keyPlaces: {
    keychain: "Keys are stored in the system's keychain, never in a file.",
    locked:
      "The keychain is locked: keys are stored in memory until Tacet quits. Unlock it to save them.",
    memory:
      "There is no keychain here: keys are stored in memory until Tacet quits, never in a file.",
  },
  forgetKey: "Remove key",
  test: "Test",
  testing: "Testing…",
  save: "Save",
  onStop: "When you stop an answer",
  onStopClose: "Close the connection at once",
  onStopCloseCost:
    "Costs least where the provider stops with the connection. Most providers then report no usage, and the figure is an estimate.",
  onStopDrain: "Hide it, and keep receiving for the exact usage, up to",
  drainTokens: "tokens or",
  drainSeconds: "seconds",
  onStopDrainCost:
    "You pay for what is still written after the stop, as if you had not stopped. The figure is exact only if the answer ends within these limits.",
  tray: "When the window is closed",
  keepInTray: "Keep going in the tray",
  keepInTrayHint:
    "Answers go on without a window, however long they take, and you are notified when one ends or asks you something.",
  noTray: (problem: string) =>
    `${problem} Closing the window still ends Tacet and stops every answer.`,
  firstWord: "Longest wait for the first word, in seconds",
  firstWordNone: "No limit",
  firstWordHint:
    "The answer then ends as incomplete. Models that think without showing it, and models on this computer, may need minutes.",
  titles: "Titles of new conversations",
  titlesFirstWords: "The first words of the first message",
  titlesModel: "Ask the model that answers",
  titlesHint:
    "A model is asked after the first answer, by a short request of its own that is billed and counted apart and stops as soon as you send something. The built-in model is not asked, nor is a server of your own about a long conversation. A title you typed stays.",
  hostedTools: "Tools of the provider",
  webSearch: "Search the web",
  webSearchByRouter: "Search the web (OpenRouter)",
  imageGeneration: "Make images",
  hostedToolsHint:
    "They run at the provider, which bills for each use. What is searched for goes to its search engine.",
  countOnStop: "Have the provider count what arrived",
  countOnStopHint:
    "The text of a stopped answer is sent to its token counter, which costs nothing. The stop does not wait for it.",
  background: "Answer in the background",
  backgroundHint:
    "Stop then also cancels the answer at the provider by a request of its own, and an answer whose connection breaks is picked up again. The provider stores such an answer: OpenAI for about ten minutes, Google as long as its terms for your key say.",
  headers: "Headers",
  proxy: "Proxy",
  proxyHint: "By default the system's proxy. Enter none to use no proxy.",
  proxySaved: "Saved. Leave empty to keep it.",
  forgetProxy: "Use the system's proxy again",
  caCertificate: "Extra trusted certificates",
  caCertificateHint:
    "A PEM file, for a server whose certificate this system does not know; from the data folder if it is not a whole path",
};

/** The words of names with values that may be secret. */
export const valueStrings = {
  name: "Name",
  value: "Value",
  valueOf: (name: string) => (name === "" ? "Value" : `Value of ${name}`),
  saved: "Saved. Leave empty to keep it.",
  add: "Add value",
  remove: "Remove",
  removeNamed: (name: string) => `Remove ${name}`,
  hint: "Values are stored in the system's keychain. Write ${env:NAME} to take one from Tacet's environment.",
};

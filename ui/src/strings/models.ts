/** The words of the choice of a model. */
import type { Ability } from "../backend/generated";
import { count } from "./format";

export const abilities: Record<Ability, string> = {
  images: "Understands images",
  documents: "Reads PDF files",
  tools: "Calls tools",
  reasoning: "Reasons before it answers",
};

export const modelStrings = {
  model: "Model",
  chooseModel: "Choose a model",
  searchModels: "Search models",
  noModels: "No model matches.",
  refreshing: "Asking the servers for their models…",
  favourites: "Favourites",
  favourite: (model: string) => `Favourite: ${model}`,
  favouriteHint: "Favourites are listed first",
  foundServer: (name: string) => `Found on this computer: ${name}`,
  contextTokens: (tokens: number) => `${count(tokens)}-token context`,
  addProvider: "Add a provider",
};

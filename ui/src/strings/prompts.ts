/** The words of prompt templates: in the composer and in the settings. */
export const promptStrings = {
  title: "Prompts",
  add: "Add a prompt",
  edit: "Edit",
  editOf: (name: string) => `Edit the prompt “${name}”`,
  remove: "Remove",
  removeOf: (name: string) => `Remove the prompt “${name}”`,
  name: "Name",
  text: "Text",
  hint: "Type / and the name in the composer to insert it. {language} is a field: Tab goes from one to the next.",
  save: "Save",
  list: "Prompts",
};

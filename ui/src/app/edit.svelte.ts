/** The person's message while it is being edited: what it will say. */
export class Edit {
  text = $state("");

  constructor(text: string) {
    this.text = text;
  }
}

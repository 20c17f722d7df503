/** A conversation that is dragged through the list, and what it can be dropped on. */
import type { Conversation } from "../backend/generated";

/** By which the list knows its own; other places, a text field for instance, take nothing of it. */
const TYPE = "application/x-tacet-conversation";

export class Dragging {
  /** The one that is dragged; null for none. */
  conversation = $state.raw<Conversation | null>(null);

  /** The handlers of what can be dragged. */
  source(conversation: Conversation): {
    draggable: true;
    ondragstart: (event: DragEvent) => void;
    ondragend: () => void;
  } {
    return {
      draggable: true,
      ondragstart: (event) => {
        event.dataTransfer?.setData(TYPE, conversation.id);
        if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
        // After the drag has begun: what changes under it by then does not end it.
        setTimeout(() => {
          this.conversation = conversation;
        });
      },
      ondragend: () => {
        this.conversation = null;
      },
    };
  }

  /** Has `node` take what is dragged; meanwhile it has the attribute `data-over`. */
  target(take: (conversation: Conversation) => void): (node: HTMLElement) => () => void {
    return (node) => {
      const over = (event: DragEvent): void => {
        if (this.conversation === null) return;
        event.preventDefault();
        // The window takes files alone, and would say so.
        event.stopPropagation();
        if (event.dataTransfer) event.dataTransfer.dropEffect = "move";
        node.dataset.over = "";
      };
      const leave = (event: DragEvent): void => {
        const { relatedTarget } = event;
        if (relatedTarget instanceof Node && node.contains(relatedTarget)) return;
        delete node.dataset.over;
      };
      const drop = (event: DragEvent): void => {
        const { conversation } = this;
        delete node.dataset.over;
        if (conversation === null) return;
        event.preventDefault();
        this.conversation = null;
        take(conversation);
      };
      node.addEventListener("dragover", over);
      node.addEventListener("dragleave", leave);
      node.addEventListener("drop", drop);
      return () => {
        node.removeEventListener("dragover", over);
        node.removeEventListener("dragleave", leave);
        node.removeEventListener("drop", drop);
      };
    };
  }
}

/** When live text reaches the DOM: the first append of a frame at once, the others together. */

/** Something that holds text back until the next frame. */
export interface Pending {
  flush(): void;
}

const waiting = new Set<Pending>();
let scheduled = false;
let written: (() => void)[] = [];

function onFrame(): void {
  scheduled = false;
  if (waiting.size === 0 && written.length === 0) return;
  flushAll();
  // The frame that follows a busy one starts closed, so that a fast stream writes once a frame.
  schedule();
}

function schedule(): void {
  scheduled = true;
  requestAnimationFrame(onFrame);
}

function flushAll(): void {
  const due = [...waiting];
  waiting.clear();
  for (const text of due) text.flush();
  const told = written;
  written = [];
  for (const done of told) done();
}

/** Writes `text` now, or with the next frame when something was written in this one already. */
export function write(text: Pending): void {
  // A hidden page gets no frames: what waited for one would pile up.
  if (document.hidden) {
    text.flush();
  } else if (scheduled) {
    waiting.add(text);
  } else {
    text.flush();
    schedule();
  }
}

/** Calls `done` once all that was written so far is on the page, with the next frame. */
export function onceWritten(done: () => void): void {
  if (document.hidden) {
    done();
    return;
  }
  written.push(done);
  if (!scheduled) schedule();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) flushAll();
});

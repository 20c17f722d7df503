// A caret that was hidden just when it came to rest would stay hidden, and one that WebKit begins to
// show anew is seen. So it is taken away and put back where it was: nothing is painted in between,
// the field keeps its focus, and no event but `selectionchange` tells of it.
(() => {
  const field = document.activeElement;
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return;
  const { selectionStart, selectionEnd, selectionDirection } = field;
  if (selectionStart === null || selectionStart !== selectionEnd) return;
  document.getSelection()?.removeAllRanges();
  field.setSelectionRange(selectionStart, selectionEnd, selectionDirection);
})();
